"""tls-crypt: every control packet encrypted and authenticated with a key all clients share.

    9     opcode, key id, session id        in clear, authenticated
    u32   packet id                         from 1
    u32   unix time                         fixed for the session
    32    tag = HMAC-SHA256(Ka, all of the above and the plain rest)
    ..    AES-256-CTR(Ke, IV = tag[:16], rest)                           [draft: tlscrypt]

The server sends with keys[0] and the client with keys[1]: the data channel has it the other way.
"""

from __future__ import annotations

import hmac

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from vpn.control.wrap import Unwrapped
from vpn.crypto.replay import TimedReplayWindow
from vpn.errors import Drop, PacketError
from vpn.wire.control import HEADER_SIZE
from vpn.wire.static_key import split

PACKET_ID_SIZE = 8
TAG_SIZE = 32
KEY_SIZE = 32
IV_SIZE = 16
FAILED = "tls-crypt unwrapping failed"
FORGED = "tls-crypt unwrap error: packet authentication failed"
CLEAR_SIZE = HEADER_SIZE + PACKET_ID_SIZE


def _ctr(key: bytes, iv: bytes, data: bytes) -> bytes:
    return Cipher(AES(key), CTR(iv)).encryptor().update(data)


class TlsCrypt:
    """One session's keys, counter and replay window."""

    overhead = PACKET_ID_SIZE + TAG_SIZE
    overhead_of_second = 0
    is_cookie_possible = True
    reset_payload = b""

    def __init__(
        self, material: bytes, timestamp: int, *, is_server: bool, first_id: int = 0
    ) -> None:
        self.material = material
        first, second = split(material)
        self._send, self._receive = (first, second) if is_server else (second, first)
        self._timestamp = timestamp.to_bytes(4, "big")
        self._sent = first_id
        self._replay = TimedReplayWindow()

    def skip(self) -> None:
        """One packet id was used before this object existed."""
        self._sent += 1

    def wrap(self, header: bytes, rest: bytes) -> bytes:
        """Authenticate, then encrypt with the tag as IV."""
        self._sent += 1
        clear = header + self._sent.to_bytes(4, "big") + self._timestamp
        tag = hmac.digest(self._send.hmac[:KEY_SIZE], clear + rest, "sha256")
        return clear + tag + _ctr(self._send.cipher[:KEY_SIZE], tag[:IV_SIZE], rest)

    def unwrap(self, datagram: bytes) -> Unwrapped:
        """Decrypt, check the tag in constant time, then the packet id."""
        body = CLEAR_SIZE + TAG_SIZE
        if len(datagram) <= body:
            raise PacketError(Drop.UNWRAP, FAILED, "tls-crypt unwrap error: packet too short")
        clear, tag = datagram[:CLEAR_SIZE], datagram[CLEAR_SIZE:body]
        rest = _ctr(self._receive.cipher[:KEY_SIZE], tag[:IV_SIZE], datagram[body:])
        expected = hmac.digest(self._receive.hmac[:KEY_SIZE], clear + rest, "sha256")
        if not hmac.compare_digest(tag, expected):
            raise PacketError(Drop.UNWRAP, FAILED, FORGED)
        number = clear[HEADER_SIZE:]
        packet_id, timestamp = int.from_bytes(number[:4], "big"), int.from_bytes(number[4:], "big")
        if not self._replay.accept(timestamp, packet_id):
            words = f"tls-crypt unwrap error: #{packet_id} / time = ({timestamp})"
            raise PacketError(Drop.CONTROL_REPLAY, words)
        return clear[:HEADER_SIZE], rest
