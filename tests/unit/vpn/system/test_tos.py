"""Runs of packets with the same TOS."""

from __future__ import annotations

from vpn.system.tos import by_tos, frames_by_tos


def packet(tos, version=4):
    return bytes((version << 4 | 5, tos)) + bytes(18)


def test_runs_keep_the_order():
    a, b, c = packet(0x10), packet(0x10), packet(0xB8)
    assert by_tos([a, b, c, a]) == [(0x10, [a, b]), (0xB8, [c]), (0x10, [a])]
    assert by_tos([]) == []


def test_only_ipv4_has_one():
    other = packet(0xFF, version=6)
    assert by_tos([other, b"", b"E"]) == [(0, [other, b"", b"E"])]


def test_frames():
    ip, arp = bytes(12) + b"\x08\x00" + packet(0x20), bytes(12) + b"\x08\x06" + packet(0x20)
    assert frames_by_tos([ip, arp]) == [(0x20, [ip]), (0, [arp])]
