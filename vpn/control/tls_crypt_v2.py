"""tls-crypt-v2: tls-crypt with a key of each client's own, which the client brings along.

The client appends its wrapped key, WKc (crypto/client_key.py), to packets of opcodes of their own:

    P_CONTROL_HARD_RESET_CLIENT_V3   tls-crypt packet | WKc     its first
    P_CONTROL_WKC_V1                 tls-crypt packet | WKc     its second, if the server asks

A client that can do the second counts its packets from 0x0f000001. To such a client a server over
UDP keeps nothing after the first: the payload of its reset says RESEND_WKC. All of this is here:
above, a reset is a reset and the second packet a P_CONTROL_V1.   [draft: tls-crypt-v2]
"""

from __future__ import annotations

from collections.abc import Callable

from vpn.control.tls_crypt import TlsCrypt
from vpn.control.wrap import Unwrapped, Wrapper
from vpn.crypto import client_key
from vpn.crypto.client_key import ServerKey
from vpn.errors import Drop, PacketError
from vpn.wire import control
from vpn.wire.control import HEADER_SIZE
from vpn.wire.opcodes import KEY_ID_MASK, OPCODE_SHIFT, Opcode, first_byte

CAN_RESEND = 0x0F  # the first byte of a packet id
FIRST_ID = CAN_RESEND << 24
RESEND_WKC = bytes.fromhex("000100020001")  # flags, 2 bytes, RESEND_WKC
SECOND = 1  # the packet id of the message that carries the key again

LONG_FORM = {  # as a packet goes with a WKc
    Opcode.P_CONTROL_HARD_RESET_CLIENT_V2: Opcode.P_CONTROL_HARD_RESET_CLIENT_V3,
    Opcode.P_CONTROL_V1: Opcode.P_CONTROL_WKC_V1,
}
SHORT_FORM = {int(long): short for short, long in LONG_FORM.items()}

NO_KEY = "Can not unwrap tls-crypt-v2 client key"
REFUSED = "TLS CRYPT V2 VERIFY SCRIPT ERROR"
NOT_DETERMINED = "could not determine wrapping"


def _with_opcode(header: bytes, opcode: Opcode) -> bytes:
    return bytes((first_byte(opcode, header[0] & KEY_ID_MASK),)) + header[1:]


class TlsCryptV2Client:
    """A client's side of one session."""

    is_cookie_possible = True
    reset_payload = b""

    def __init__(self, material: bytes, wrapped_key: bytes, timestamp: int) -> None:
        self._inner = TlsCrypt(material, timestamp, is_server=False, first_id=FIRST_ID)
        self._wrapped_key = wrapped_key
        self._must_resend = False
        self.material = material
        self.overhead = self._inner.overhead
        self.overhead_of_second = len(wrapped_key)

    def skip(self) -> None:
        """One packet id was used before this object existed."""
        self._inner.skip()

    def wrap(self, header: bytes, rest: bytes) -> bytes:
        """The reset with the key behind it; the second packet too, if the server has asked."""
        opcode = Opcode(header[0] >> OPCODE_SHIFT)
        if opcode in LONG_FORM and not header[0] & KEY_ID_MASK:
            packet_id = control.parse(header, rest).packet_id
            if packet_id == 0 or (self._must_resend and packet_id == SECOND):
                header = _with_opcode(header, LONG_FORM[opcode])
                return self._inner.wrap(header, rest) + self._wrapped_key
        return self._inner.wrap(header, rest)

    def unwrap(self, datagram: bytes) -> Unwrapped:
        """As tls-crypt; a reset may ask for the key once more."""
        header, rest = self._inner.unwrap(datagram)
        if header[0] >> OPCODE_SHIFT == Opcode.P_CONTROL_HARD_RESET_SERVER_V2:
            payload = control.parse(header, rest).payload
            self._must_resend = self._must_resend or RESEND_WKC in payload
        return header, rest


class TlsCryptV2Server:
    """A server's side of one session: it has no key before the client's first packet.

    fallback: what a client without tls-crypt-v2 may use, if any. verify: may this client, with
    this metadata?
    """

    overhead = TlsCrypt.overhead
    overhead_of_second = 0

    def __init__(
        self,
        key: ServerKey,
        timestamp: int,
        fallback: Wrapper | None = None,
        verify: Callable[[bytes], bool] = lambda metadata: True,
    ) -> None:
        self._key = key
        self._timestamp = timestamp
        self._fallback = fallback
        self._verify = verify
        self._inner: Wrapper | None = None
        self._skipped = 0
        self.is_cookie_possible = True
        self.reset_payload = b""

    @property
    def material(self) -> bytes:
        """The key that this client uses."""
        return self._inner.material if self._inner else b""

    def skip(self) -> None:
        """One packet id was used before this object existed."""
        self._skipped += 1

    def wrap(self, header: bytes, rest: bytes) -> bytes:
        """With the client's key, which is known: a server speaks second."""
        assert self._inner is not None
        return self._inner.wrap(header, rest)

    def unwrap(self, datagram: bytes) -> Unwrapped:
        """Take the client's key off a packet that carries it; open the rest as tls-crypt."""
        opcode = datagram[0] >> OPCODE_SHIFT if datagram else 0
        if opcode not in SHORT_FORM:
            inner = self._inner or self._fallback
            if inner is None:
                raise PacketError(Drop.UNWRAP, NOT_DETERMINED, NOT_DETERMINED)
            unwrapped = inner.unwrap(datagram)
            self._take(inner)
            return unwrapped
        parts = client_key.cut(datagram)
        if parts is None:
            raise PacketError(Drop.UNWRAP, NO_KEY, f"{NO_KEY}: failed to read length")
        packet, wrapped = parts
        inner = self._inner or self._open(wrapped)
        header, rest = inner.unwrap(packet)
        if self._inner is None:
            self._take(inner)
            self._look_at(packet[HEADER_SIZE])
        return _with_opcode(header, SHORT_FORM[opcode]), rest

    def _open(self, wrapped: bytes) -> TlsCrypt:
        opened = self._key.unwrap(wrapped)
        if opened is None:
            raise PacketError(Drop.UNWRAP, NO_KEY, f"{NO_KEY}: tag mismatch")
        material, metadata = opened
        if not self._verify(metadata):
            raise PacketError(Drop.UNWRAP, REFUSED, REFUSED)
        return TlsCrypt(material, self._timestamp, is_server=True)

    def _take(self, inner: Wrapper) -> None:
        if self._inner is None:
            self._inner = inner
            for _ in range(self._skipped):
                inner.skip()

    def _look_at(self, first_byte_of_id: int) -> None:
        """Can this client bring its key once more?"""
        self.is_cookie_possible = first_byte_of_id == CAN_RESEND
        self.reset_payload = RESEND_WKC if self.is_cookie_possible else b""
