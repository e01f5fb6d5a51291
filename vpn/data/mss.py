"""mssfix: lower the MSS of TCP SYNs, out or in, so that segments fit the tunnel [man: --mssfix].

Before: tunnel/shape.py Shape.payloads
After: data/compress.py add_stub

Touches nothing but the MSS option (kind 2, RFC 9293 section 3.2) and, incrementally (RFC 1624),
the TCP checksum.
"""

from __future__ import annotations

from vpn.wire.ip import IP_FRAMES

TCP = 6
SYN = 0x02
KIND_END, KIND_NOP, KIND_MSS = 0, 1, 2
MIN_TCP = 20
MIN_MSS = 1
# By a packet's first byte, where the flags are if it is TCP: IPv4 without options, IPv6.
FLAGS_AT = {b"\x45": 33} | {bytes((first,)): 53 for first in range(0x60, 0x70)}
WITH_SYN = frozenset(flags for flags in range(256) if flags & SYN)


def _tcp_offset(packet: bytes, at: int) -> int | None:
    """Where the TCP header starts; None unless this is an unfragmented TCP packet."""
    if len(packet) < at + 20 + MIN_TCP or (at and packet[at - 2 : at] not in IP_FRAMES):
        return None
    version = packet[at] >> 4
    if version == 4 and packet[at + 9] == TCP and not (packet[at + 6] & 0x3F or packet[at + 7]):
        return at + (packet[at] & 0x0F) * 4
    if version == 6 and packet[at + 6] == TCP and len(packet) >= at + 40 + MIN_TCP:
        return at + 40
    return None


def _mss_offset(packet: bytes, tcp: int) -> int | None:
    """Where the two bytes of the MSS value stand in a SYN."""
    end = min(tcp + (packet[tcp + 12] >> 4) * 4, len(packet))
    at = tcp + MIN_TCP
    while at < end:
        kind = packet[at]
        if kind == KIND_END:
            return None
        if kind == KIND_NOP:
            at += 1
            continue
        if at + 1 >= end or packet[at + 1] < 2:
            return None
        if kind == KIND_MSS:
            return at + 2 if packet[at + 1] == 4 and at + 4 <= end else None
        at += packet[at + 1]
    return None


def clamp(packet: bytes, max_mss: int, at: int = 0) -> bytes:
    """The packet, its MSS lowered to `max_mss` (IPv6: 20 less) if it is a SYN that says more.

    at: where the IP header starts (14 in an Ethernet frame).
    """
    tcp = _tcp_offset(packet, at)
    if tcp is None or len(packet) < tcp + MIN_TCP or not packet[tcp + 13] & SYN:
        return packet
    value_at = _mss_offset(packet, tcp)
    if value_at is None:
        return packet
    limit = max(max_mss - 20 if packet[at] >> 4 == 6 else max_mss, MIN_MSS)
    old = int.from_bytes(packet[value_at : value_at + 2], "big")
    if old <= limit:
        return packet
    changed = bytearray(packet)
    changed[value_at : value_at + 2] = limit.to_bytes(2, "big")
    checksum = int.from_bytes(changed[tcp + 16 : tcp + 18], "big")
    changed[tcp + 16 : tcp + 18] = _update(checksum, old, limit, odd=(value_at - tcp) % 2 == 1)
    return bytes(changed)


def clamp_batch(packets: list[bytes], max_mss: int, at: int = 0) -> list[bytes]:
    """The same for many. A batch of one sort, which it mostly is, is soon seen to have no SYN."""
    if len(packets) == 1:
        return [clamp(packets[0], max_mss, at)]
    firsts = {packet[at : at + 1] for packet in packets}
    where = FLAGS_AT.get(firsts.pop(), 0) + at if len(firsts) == 1 else at
    is_one_sort = where > at and min(map(len, packets)) > where
    if is_one_sort and WITH_SYN.isdisjoint({packet[where] for packet in packets}):
        return packets
    return [clamp(packet, max_mss, at) for packet in packets]


def _update(checksum: int, old: int, new: int, *, odd: bool) -> bytes:
    """RFC 1624 eqn 3; a value at an odd offset counts with its bytes swapped."""
    if odd:
        old = (old & 0xFF) << 8 | old >> 8
        new = (new & 0xFF) << 8 | new >> 8
    total = (~checksum & 0xFFFF) + (~old & 0xFFFF) + new
    total = (total & 0xFFFF) + (total >> 16)
    total = (total & 0xFFFF) + (total >> 16)
    return (~total & 0xFFFF).to_bytes(2, "big")
