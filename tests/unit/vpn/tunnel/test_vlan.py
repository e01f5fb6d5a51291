"""VLAN tags on the server's tap."""

from __future__ import annotations

import pytest

from vpn.config.access_options import AccessOptions
from vpn.config.options import Options
from vpn.tunnel.vlan import Vlan, vid_of

HEAD, REST = bytes(range(12)), b"\x08\x00payload"
PLAIN = HEAD + REST


def tagged(vid: int, priority: int = 0) -> bytes:
    return HEAD + b"\x81\x00" + (priority << 13 | vid).to_bytes(2, "big") + REST


def policy(accept: str) -> Vlan:
    return Vlan(Options(access=AccessOptions(vlan_tagging=True, vlan_accept=accept, vlan_pvid=5)))


def test_the_vlan_of_a_frame():
    assert [vid_of(frame) for frame in (PLAIN, tagged(7), tagged(0, 3), b"")] == [None, 7, 0, None]


@pytest.mark.shows("vlan-accept")
@pytest.mark.parametrize(
    ("accept", "frame", "expected"),
    [
        ("all", PLAIN, (5, PLAIN)),
        ("all", tagged(7), (7, PLAIN)),
        ("all", tagged(0, 3), (5, tagged(0, 3))),
        ("tagged", PLAIN, None),
        ("tagged", tagged(7), (7, PLAIN)),
        ("tagged", tagged(0, 3), None),
        ("untagged", PLAIN, (5, PLAIN)),
        ("untagged", tagged(7), None),
    ],
)
def test_what_may_enter(accept, frame, expected):
    assert policy(accept).from_tap(frame) == expected


@pytest.mark.shows("vlan-accept")
@pytest.mark.parametrize(
    ("accept", "vid", "expected"),
    [
        ("all", 5, PLAIN),
        ("all", 7, tagged(7)),
        ("tagged", 5, tagged(5)),
        ("untagged", 5, PLAIN),
        ("untagged", 7, None),
    ],
)
def test_what_leaves(accept, vid, expected):
    assert policy(accept).to_tap(PLAIN, vid) == expected


def test_a_priority_is_kept():
    assert policy("tagged").to_tap(tagged(0, 3), 7) == tagged(7, 3)
