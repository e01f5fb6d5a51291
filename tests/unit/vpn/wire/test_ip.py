"""Addresses of raw packets."""

from __future__ import annotations

from vpn.wire import ip

V4 = bytes([0x45]) + bytes(11) + bytes([10, 8, 0, 2]) + bytes([10, 8, 0, 1])
V6 = bytes([0x60]) + bytes(7) + b"s" * 16 + b"d" * 16


def test_addresses():
    assert (ip.source(V4), ip.destination(V4)) == (bytes([10, 8, 0, 2]), bytes([10, 8, 0, 1]))
    assert (ip.source(V6), ip.destination(V6)) == (b"s" * 16, b"d" * 16)


def test_what_is_no_packet_has_none():
    for packet in (b"", V4[:19], V6[:39], b"\x00" * 60):
        assert ip.source(packet) is None
        assert ip.destination(packet) is None


def test_groups():
    assert ip.is_multicast(bytes([224, 0, 0, 1]))
    assert ip.is_multicast(b"\xff" * 4)
    assert ip.is_multicast(b"\xff\x02" + bytes(14))
    assert not ip.is_multicast(bytes([10, 0, 0, 255]))
    assert ip.is_group_frame(b"\xff" * 6)
    assert not ip.is_group_frame(bytes.fromhex("02aaaaaaaaaa"))
