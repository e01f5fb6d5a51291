"""tls-crypt-v2 against the stock program, and renegotiations under the key of a first session."""

from __future__ import annotations

import pytest

from tests.interop import exercise

# As those of test_matrix.py, and after them.
pytestmark = pytest.mark.xdist_group("traffic")

PAIRS = (("ours", "openvpn"), ("openvpn", "ours"))  # client, server
FORCED = "tls-crypt-v2.key force-cookie"


def sets(proto: str, server_key: str = "tls-crypt-v2.key") -> tuple[str, ...]:
    return (f"proto={proto}", "client:tls-crypt-v2", f"server:tls-crypt-v2={server_key}")


@pytest.mark.shows("tls-crypt-v2")
@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
@pytest.mark.parametrize("proto", ["udp", "tcp"])
def test_tls_crypt_v2_through_renegotiations(pair, proto, tunnel):
    lab = tunnel(*pair, *sets(proto), *exercise.renegotiating("client"))
    exercise.carries_traffic_through_renegotiations(lab)


@pytest.mark.parametrize("pair", PAIRS, ids="/".join)
def test_a_server_that_insists_on_the_cookie(pair, tunnel):
    assert tunnel(*pair, *sets("udp", FORCED)).client.is_alive
