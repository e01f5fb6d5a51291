"""The packets of the OpenVPN protocol as Scapy layers, one class for each kind.

    OpenVPNControl    a control packet without a wrapper
    OpenVPNAuth       under tls-auth: HMAC, packet id and time in front
    OpenVPNCrypt      under tls-crypt and tls-crypt-v2: all but the head is encrypted
    OpenVPNDataV1     a data packet
    OpenVPNDataV2     a data packet with a peer id
    OpenVPNStream     what a TCP segment carries: packets behind their lengths

`OpenVPN(bytes)` finds out which it is (what can be none of them is Raw); `OpenVPN in packet` and
`packet[OpenVPN]` take any of them. No bit on the wire tells a wrapper: `wrapping` judges by what
can and what can't be.
"""

from __future__ import annotations

from typing import Any, ClassVar

from scapy.fields import (
    BitEnumField,
    BitField,
    ConditionalField,
    FieldLenField,
    FieldListField,
    IntField,
    PacketListField,
    ShortField,
    StrField,
    StrFixedLenField,
    StrLenField,
    ThreeBytesField,
    UTCTimeField,
)
from scapy.layers.inet import TCP, UDP
from scapy.packet import Packet, Padding, Raw, bind_layers

from vpn.control.tls_crypt import CLEAR_SIZE, PACKET_ID_SIZE, TAG_SIZE
from vpn.control.tls_crypt_v2 import SHORT_FORM
from vpn.crypto import client_key
from vpn.wire.control import HEADER_SIZE, MAX_ACKS, SESSION_ID_SIZE
from vpn.wire.data import V2_SIZE
from vpn.wire.opcodes import NAMES, OPCODE_SHIFT, Opcode

PORT = 1194
HMAC_SIZES = (20, 32, 64, 16, 28, 48)  # SHA1, SHA256, SHA512, MD5, SHA224, SHA384
CRYPT_SIZE = CLEAR_SIZE + TAG_SIZE  # before what tls-crypt has sealed
MAX_PACKET_ID = 2**16  # a control channel never comes near
FIRST_BYTES = (b"\x00", b"\x0f")  # of a packet id; the other is a tls-crypt-v2 client's
TIMES = range(0x40000000, 0x80000000)  # 2004 to 2038


class OpenVPN(Packet):  # type: ignore[misc]  # Scapy has no types
    """What all have in common: the first byte."""

    name = "OpenVPN"
    match_subclass = True
    fields_desc: ClassVar[list[Any]] = [
        BitEnumField("opcode", Opcode.P_CONTROL_V1, 5, NAMES),
        BitField("key_id", 0, 3),
    ]

    @classmethod
    def dispatch_hook(cls, _pkt: bytes | None = None, *_: Any, **__: Any) -> type[Packet]:
        """The class for these bytes; a subclass that was asked for by name stays."""
        return kind_of(bytes(_pkt)) if cls is OpenVPN and _pkt else cls

    def mysummary(self) -> str:
        """One line, with the names of the stock program's log."""
        return f"{NAMES.get(self.opcode, self.opcode)} kid={self.key_id}"


def _acks() -> list[Any]:
    """From the acks to the message's own id; what follows is TLS."""
    return [
        FieldLenField("ack_count", None, fmt="B", count_of="acks"),
        FieldListField("acks", [], IntField("ack", 0), count_from=lambda it: it.ack_count),
        ConditionalField(
            StrFixedLenField("remote_session_id", bytes(SESSION_ID_SIZE), SESSION_ID_SIZE),
            lambda it: bool(it.acks if it.ack_count is None else it.ack_count),
        ),
        ConditionalField(IntField("packet_id", 0), lambda it: it.opcode != Opcode.P_ACK_V1),
    ]


class OpenVPNControl(OpenVPN):
    """A control packet as it is [draft: reliability-layer]."""

    name = "OpenVPN control"
    fields_desc: ClassVar[list[Any]] = [
        *OpenVPN.fields_desc,
        StrFixedLenField("session_id", bytes(SESSION_ID_SIZE), SESSION_ID_SIZE),
        *_acks(),
    ]


class OpenVPNAuth(OpenVPN):
    """A control packet under tls-auth [draft: tlsauth]; `hmac` has the size of its digest."""

    name = "OpenVPN control, tls-auth"
    fields_desc: ClassVar[list[Any]] = [
        *OpenVPN.fields_desc,
        StrFixedLenField("session_id", bytes(SESSION_ID_SIZE), SESSION_ID_SIZE),
        StrLenField("hmac", bytes(HMAC_SIZES[0]), length_from=lambda it: it.hmac_size),
        IntField("replay_id", 1),
        UTCTimeField("replay_time", 0),
        *_acks(),
    ]
    hmac_size = HMAC_SIZES[0]

    def pre_dissect(self, s: bytes) -> bytes:
        """Find out how long the HMAC is."""
        self.hmac_size = hmac_size(s) or HMAC_SIZES[0]
        return s


class OpenVPNCrypt(OpenVPN):
    """A control packet under tls-crypt [draft: tlscrypt], with a client's key behind it if v2."""

    name = "OpenVPN control, tls-crypt"
    fields_desc: ClassVar[list[Any]] = [
        *OpenVPN.fields_desc,
        StrFixedLenField("session_id", bytes(SESSION_ID_SIZE), SESSION_ID_SIZE),
        IntField("replay_id", 1),
        UTCTimeField("replay_time", 0),
        StrFixedLenField("tag", bytes(TAG_SIZE), TAG_SIZE),
        StrLenField("sealed", b"", length_from=lambda it: it.sealed_size),
        ConditionalField(StrField("wrapped_client_key", b""), lambda it: it.opcode in SHORT_FORM),
    ]
    sealed_size = 0

    def pre_dissect(self, s: bytes) -> bytes:
        """Find out where a wrapped client key begins."""
        parts = client_key.cut(s) if s[0] >> OPCODE_SHIFT in SHORT_FORM else None
        wrapped = s if parts is None else parts[0]
        self.sealed_size = max(len(wrapped) - CRYPT_SIZE, 0)
        return s


class OpenVPNDataV1(OpenVPN):
    """A data packet of a peer that knows no peer ids; the payload is sealed."""

    name = "OpenVPN data V1"
    fields_desc: ClassVar[list[Any]] = [
        BitEnumField("opcode", Opcode.P_DATA_V1, 5, NAMES),
        BitField("key_id", 0, 3),
    ]


class OpenVPNDataV2(OpenVPN):
    """A data packet; the payload is sealed."""

    name = "OpenVPN data V2"
    fields_desc: ClassVar[list[Any]] = [
        BitEnumField("opcode", Opcode.P_DATA_V2, 5, NAMES),
        BitField("key_id", 0, 3),
        ThreeBytesField("peer_id", 0),
    ]


class OpenVPNFrame(Packet):  # type: ignore[misc]
    """One packet of a stream, behind its length."""

    name = "OpenVPN frame"
    fields_desc: ClassVar[list[Any]] = [ShortField("length", None)]

    def post_build(self, pkt: bytes, pay: bytes) -> bytes:
        """Fill the length in, unless it is said."""
        return (pkt if self.length is not None else len(pay).to_bytes(2, "big")) + pay

    def extract_padding(self, s: bytes) -> tuple[bytes, bytes]:
        """What follows is the next packet's."""
        return s[: self.length], s[self.length :]

    def guess_payload_class(self, payload: bytes) -> type[Packet]:
        """Always a packet of ours."""
        return OpenVPN


class OpenVPNStream(Packet):  # type: ignore[misc]
    """The payload of a TCP segment, or of several that were joined [draft: tcp]."""

    name = "OpenVPN over TCP"
    fields_desc: ClassVar[list[Any]] = [PacketListField("packets", [], OpenVPNFrame)]

    @classmethod
    def tcp_reassemble(
        cls, data: bytes, metadata: dict[str, Any], session: dict[str, Any]
    ) -> Packet | None:
        """For scapy.sessions.TCPSession: the packets that are whole; what follows is left to it."""
        whole = 0
        while (end := whole + 2 + int.from_bytes(data[whole : whole + 2], "big")) <= len(data):
            whole = end
        if not whole:
            return None
        return cls(data[:whole]) / Padding(data[whole:]) if data[whole:] else cls(data)


# -- which is it? ----------------------------------------------------------------------------------


def kind_of(data: bytes) -> type[Packet]:
    """The class that these bytes are of, as far as they show it."""
    opcode = data[0] >> OPCODE_SHIFT
    if opcode == Opcode.P_DATA_V1:
        return OpenVPNDataV1
    if opcode == Opcode.P_DATA_V2:
        return OpenVPNDataV2 if len(data) >= V2_SIZE else Raw
    return wrapping(data) if opcode in NAMES else Raw


def wrapping(data: bytes) -> type[Packet]:
    """Is this control packet wrapped, and how?

    An id that counts from 1 and a time of these years stand at one place under tls-crypt and at
    another, by the digest, under tls-auth. A plain packet could look so from its 320th message on.
    """
    if hmac_size(data):
        return OpenVPNAuth
    is_crypt = data[0] >> OPCODE_SHIFT in SHORT_FORM or _is_numbered(data, HEADER_SIZE)
    if is_crypt and len(data) > CRYPT_SIZE:
        return OpenVPNCrypt
    return OpenVPNControl if _has_acks(data, HEADER_SIZE) else Raw


def hmac_size(data: bytes) -> int:
    """How many bytes the HMAC of a tls-auth packet has; 0 if this is none."""
    for size in HMAC_SIZES:
        at = HEADER_SIZE + size
        if _is_numbered(data, at) and _has_acks(data, at + PACKET_ID_SIZE):
            return size
    return 0


def _is_numbered(data: bytes, at: int) -> bool:
    """Do a packet id and a time stand here?"""
    first, packet_id = data[at : at + 1], int.from_bytes(data[at + 1 : at + 4], "big")
    is_small = first in FIRST_BYTES and 0 < packet_id < MAX_PACKET_ID
    return is_small and int.from_bytes(data[at + 4 : at + 8], "big") in TIMES


def _has_acks(data: bytes, at: int) -> bool:
    """Do acks stand here, and after them all that a message needs?"""
    if at >= len(data) or (count := data[at]) > MAX_ACKS:
        return False
    size = 1 + 4 * count + (SESSION_ID_SIZE if count else 0)
    return at + size + (0 if data[0] >> OPCODE_SHIFT == Opcode.P_ACK_V1 else 4) <= len(data)


for _port in ({"sport": PORT}, {"dport": PORT}):
    bind_layers(UDP, OpenVPN, **_port)
    bind_layers(TCP, OpenVPNStream, **_port)
