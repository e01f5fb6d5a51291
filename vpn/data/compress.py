"""Compression framings without compression: what stands around a packet.

Before: data/mss.py clamp
After: data/channel.py DataChannel.seal

    lzo stub   FA packet                          `comp-lzo no`, `comp-lzo`
    stub       FB packet, its first byte moved to the end      `compress`, `compress stub`
    stub-v2    packet; 50 00 packet if it starts with 50       `compress stub-v2`

Compressed input is refused: compressing before encrypting leaks contents. [draft: compress]
"""

from __future__ import annotations

from vpn.errors import Drop, PacketError

LZO_RAW = 0xFA
STUB_RAW = 0xFB
V2_MARK = 0x50
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
