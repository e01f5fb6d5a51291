"""The header of a data packet.

Before: tunnel/carrier.py Carrier.encapsulate
After: data/channel.py DataChannel.seal

    P_DATA_V1   u8  opcode << 3 | key_id                       [draft: data-v1]
    P_DATA_V2   u8  opcode << 3 | key_id
                u24 peer id (0xFFFFFF: none)                   [draft: data-v2]

What follows is the sealed packet; its layout belongs to the cipher (crypto/aead.py, cbc.py ...).
"""

from __future__ import annotations

from vpn.errors import Drop, PacketError
from vpn.wire.opcodes import OPCODE_SHIFT, P_DATA_V1, P_DATA_V2

V1_SIZE = 1
V2_SIZE = 4
NO_PEER_ID = 0xFFFFFF


def header(key_id: int, peer_id: int | None) -> bytes:
    """A P_DATA_V2 header, or P_DATA_V1 when the peers agreed on no peer id."""
    if peer_id is None:
        return bytes((P_DATA_V1 << OPCODE_SHIFT | key_id,))
    return ((P_DATA_V2 << OPCODE_SHIFT | key_id) << 24 | peer_id).to_bytes(4, "big")


def peer_id(datagram: bytes) -> int:
    """The peer id of a P_DATA_V2 datagram; PacketError if it is too short for one."""
    if len(datagram) < V2_SIZE:
        raise PacketError(Drop.MALFORMED, "short data packet")
    return int.from_bytes(datagram[1:4], "big")
