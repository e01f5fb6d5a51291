"""The first byte of every packet: opcode and key id.

bit   7 6 5 4 3   2 1 0
      opcode      key_id          [draft: packet-opcode]
"""

from __future__ import annotations

from enum import IntEnum


class Opcode(IntEnum):
    """Packet types; the names are those of the reference."""

    P_CONTROL_HARD_RESET_CLIENT_V1 = 1
    P_CONTROL_HARD_RESET_SERVER_V1 = 2
    P_CONTROL_SOFT_RESET_V1 = 3
    P_CONTROL_V1 = 4
    P_ACK_V1 = 5
    P_DATA_V1 = 6
    P_CONTROL_HARD_RESET_CLIENT_V2 = 7
    P_CONTROL_HARD_RESET_SERVER_V2 = 8
    P_DATA_V2 = 9
    P_CONTROL_HARD_RESET_CLIENT_V3 = 10
    P_CONTROL_WKC_V1 = 11


KEY_ID_MASK = 0x07
OPCODE_SHIFT = 3
MAX_KEY_ID = 7

P_DATA_V1 = int(Opcode.P_DATA_V1)  # plain ints: the data path compares these per packet
P_DATA_V2 = int(Opcode.P_DATA_V2)

DATA = frozenset(
    bytes((opcode << OPCODE_SHIFT | key_id,))
    for opcode in (P_DATA_V1, P_DATA_V2)
    for key_id in range(MAX_KEY_ID + 1)
)

NAMES = {int(opcode): opcode.name for opcode in Opcode}


def first_byte(opcode: int, key_id: int) -> int:
    """opcode << 3 | key_id."""
    return opcode << OPCODE_SHIFT | key_id


def is_data(datagram: bytes) -> bool:
    """Is this a data packet, by its first byte?"""
    return datagram[:1] in DATA


def next_key_id(key_id: int) -> int:
    """0, 1, 2 … 7, 1, 2 …: 0 is the first negotiation of a session and never comes again."""
    return key_id % MAX_KEY_ID + 1
