"""Compression framings: what stands around a packet. Nothing that we send is compressed.

Before: data/mss.py clamp
After: data/fragment.py Fragments.split

    lzo stub   FA packet                                        `comp-lzo no`
    lzo        likewise; 66 LZO1X                               `comp-lzo`, `compress lzo`
    stub       FB packet, its first byte moved to the end       `compress`, `compress stub`
    lz4        likewise; 69 LZ4, its first byte moved as well   `compress lz4`
    stub-v2    packet; 50 00 packet if it starts with 50        `compress stub-v2`
    lz4-v2     likewise; 50 01 LZ4                              `compress lz4-v2`

Compressed input is refused unless it was asked for by name: compressing before encrypting leaks
contents. [draft: compress]
"""

from __future__ import annotations

from vpn.data.decompress import lz4, lzo
from vpn.errors import Drop, PacketError

LZO, LZ4, LZ4_V2 = b"\x66", b"\x69", b"\x50\x01"
V2_RAW = (0x00, 0x0A)  # 0A: what 2.x writes by mistake


def add_lzo_stub(packet: bytes) -> bytes:
    """`comp-lzo no`."""
    return b"\xfa" + packet


def remove_lzo_stub(payload: bytes) -> bytes:
    """PacketError if the payload is compressed."""
    if payload[:1] != b"\xfa":
        raise PacketError(Drop.BAD_COMPRESSION)
    return payload[1:]


def add_stub(packet: bytes) -> bytes:
    """`compress stub`: the swap keeps the IP header aligned."""
    return b"\xfb" + packet[1:] + packet[:1]


def remove_stub(payload: bytes) -> bytes:
    """PacketError if the payload is compressed."""
    if payload[:1] != b"\xfb" or len(payload) < 2:
        raise PacketError(Drop.BAD_COMPRESSION)
    return payload[-1:] + payload[1:-1]


def add_stub_v2(packet: bytes) -> bytes:
    """`compress stub-v2`: nothing, unless the packet could be taken for a mark."""
    return b"\x50\x00" + packet if packet[:1] == b"\x50" else packet


def remove_stub_v2(payload: bytes) -> bytes:
    """PacketError if the payload is compressed."""
    if payload[:1] != b"\x50":
        return payload
    if len(payload) < 2 or payload[1] not in V2_RAW:
        raise PacketError(Drop.BAD_COMPRESSION)
    return payload[2:]


def remove_lzo(payload: bytes, limit: int) -> bytes:
    """`comp-lzo`, `compress lzo`: at most `limit` bytes come out."""
    if payload[:1] == LZO:
        return lzo(payload[1:], limit)
    return remove_lzo_stub(payload)


def remove_lz4(payload: bytes, limit: int) -> bytes:
    """`compress lz4`."""
    if payload[:1] == LZ4 and len(payload) > 1:
        return lz4(payload[-1:] + payload[1:-1], limit)
    return remove_stub(payload)


def remove_lz4_v2(payload: bytes, limit: int) -> bytes:
    """`compress lz4-v2`."""
    if payload[:2] == LZ4_V2:
        return lz4(payload[2:], limit)
    return remove_stub_v2(payload)
