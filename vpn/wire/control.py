"""The control packet, unwrapped: what the reliability layer puts around TLS bytes.

    u8   opcode << 3 | key_id
    8    session id of the sender
    u8   number of acks                          0..8
    4*n  acked packet ids
    8    session id of the receiver              only when there are acks
    u32  packet id                               not in P_ACK_V1
    ..   payload: TLS bytes                      P_CONTROL_V1; empty in resets

[draft: reliability-layer]. The first nine bytes are the header that tls-auth and tls-crypt leave in
clear; everything after is the `rest` that they cover.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from struct import Struct, error, unpack_from

from vpn.errors import Drop, PacketError
from vpn.wire.opcodes import KEY_ID_MASK, NAMES, OPCODE_SHIFT, Opcode

SESSION_ID_SIZE = 8
HEADER_SIZE = 1 + SESSION_ID_SIZE
MAX_ACKS = 8
U32 = Struct(">I")


@dataclass(frozen=True, slots=True)
class ControlPacket:
    """One control packet. `packet_id` is None in a P_ACK_V1 only."""

    opcode: Opcode
    key_id: int
    session_id: bytes
    acks: tuple[int, ...] = ()
    remote_session_id: bytes = b""
    packet_id: int | None = None
    payload: bytes = b""

    def __str__(self) -> str:
        acks = " ".join(map(str, self.acks))
        ident = (
            "" if self.packet_id is None else f" pid={self.packet_id} DATA len={len(self.payload)}"
        )
        return f"{self.opcode.name} kid={self.key_id} sid={self.session_id.hex()} [ {acks} ]{ident}"


def header(packet: ControlPacket) -> bytes:
    """Opcode, key id and sender's session id: the part every wrapper leaves in clear."""
    return bytes((packet.opcode << OPCODE_SHIFT | packet.key_id,)) + packet.session_id


def rest(
    acks: Sequence[int], remote_session_id: bytes, packet_id: int | None, payload: bytes
) -> bytes:
    """Everything after the header."""
    parts = [bytes((len(acks),))]
    if acks:
        parts += [U32.pack(ack) for ack in acks]
        parts.append(remote_session_id)
    if packet_id is not None:
        parts.append(U32.pack(packet_id))
    parts.append(payload)
    return b"".join(parts)


def serialize(packet: ControlPacket) -> bytes:
    """The packet without a wrapper."""
    return header(packet) + rest(
        packet.acks, packet.remote_session_id, packet.packet_id, packet.payload
    )


def parse_opcode(datagram: bytes) -> tuple[Opcode, int]:
    """(opcode, key_id) of a datagram's first byte; PacketError if it is empty or unknown."""
    if not datagram:
        raise PacketError(Drop.MALFORMED, "empty datagram")
    number = datagram[0] >> OPCODE_SHIFT
    if number not in NAMES:
        raise PacketError(Drop.UNKNOWN_OPCODE, f"op={number}")
    return Opcode(number), datagram[0] & KEY_ID_MASK


def parse(clear_header: bytes, body: bytes) -> ControlPacket:
    """Build a packet from its clear header (9 bytes) and its unwrapped rest."""
    opcode, key_id = parse_opcode(clear_header)
    if len(clear_header) != HEADER_SIZE or not body:
        raise PacketError(Drop.MALFORMED, "short control packet")
    count = body[0]
    if count > MAX_ACKS:
        raise PacketError(Drop.MALFORMED, f"{count} acks")
    try:
        acks = unpack_from(f">{count}I", body, 1)
        at = 1 + 4 * count
        remote_session_id = body[at : at + SESSION_ID_SIZE] if count else b""
        at += SESSION_ID_SIZE if count else 0
        if count and len(remote_session_id) != SESSION_ID_SIZE:
            raise PacketError(Drop.MALFORMED, "no receiver session id")
        packet_id = None
        if opcode != Opcode.P_ACK_V1:
            (packet_id,) = U32.unpack_from(body, at)
            at += 4
    except error as short:
        raise PacketError(Drop.MALFORMED, "short control packet") from short
    payload = body[at:]
    return ControlPacket(
        opcode, key_id, clear_header[1:], acks, remote_session_id, packet_id, payload
    )
