"""Options that change while the tunnel stands."""

from __future__ import annotations

import pytest

from vpn.errors import NegotiationError
from vpn.tunnel.push_update import updated

PUSHED = ["route 10.1.0.0 255.255.0.0", "route-gateway 10.8.0.1", "dns search-domains a", "ping 10"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ([], PUSHED),
        (["-dns"], [*PUSHED[:2], "ping 10"]),
        (["-?dns"], [*PUSHED[:2], "ping 10"]),
        (["?nonsense x", "-?nonsense"], PUSHED),
        (["route 10.2.0.0 255.255.0.0"], [*PUSHED[1:], "route 10.2.0.0 255.255.0.0"]),
        (["route 1.1.1.1", "route 2.2.2.2"], [*PUSHED[1:], "route 1.1.1.1", "route 2.2.2.2"]),
        (["-route", "?route 2.2.2.2"], [*PUSHED[1:], "route 2.2.2.2"]),
    ],
)
def test_what_counts_afterwards(changes, expected):
    assert updated(PUSHED, changes) == expected


@pytest.mark.parametrize("change", ["?-dns", "dev tun", "-dev", "-", "?", "--route", "ping 3"])
def test_what_can_not_be_updated(change):
    with pytest.raises(NegotiationError) as caught:
        updated(PUSHED, [change])
    assert caught.value.reason == "process-push-msg-failed"
