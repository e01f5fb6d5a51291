"""tls-auth: an HMAC in front of every control packet.

    9     opcode, key id, session id        in clear
    n     HMAC                              n = digest size of `auth`
    u32   packet id                         from 1
    u32   unix time                         fixed for the session
    ..    rest

The HMAC covers packet id, time, header, rest: in that order, not the wire's. [draft: tlsauth]
"""

from __future__ import annotations

import hmac

from vpn.control.wrap import Unwrapped
from vpn.crypto.mac import FORGED, digest_name, mac_size
from vpn.crypto.replay import TimedReplayWindow
from vpn.errors import ConfigError, Drop, PacketError
from vpn.wire.control import HEADER_SIZE
from vpn.wire.static_key import by_direction

PACKET_ID_SIZE = 8


class TlsAuth:
    """One session's HMAC keys, counter and replay window."""

    overhead_of_second = 0
    is_cookie_possible = True
    reset_payload = b""

    def __init__(
        self,
        material: bytes,
        direction: int | None,
        auth: str,
        timestamp: int,
        *,
        first_id: int = 0,
    ) -> None:
        self.material = material
        send, receive = by_direction(material, direction)
        self._digest = digest_name(auth)
        self._size = mac_size(self._digest)
        if not self._size:
            raise ConfigError("unknown digest, tls-auth needs one", directive="auth")
        self._send_key = send.hmac[: self._size]
        self._receive_key = receive.hmac[: self._size]
        self._timestamp = timestamp.to_bytes(4, "big")
        self._sent = first_id
        self._replay = TimedReplayWindow()
        self.overhead = self._size + PACKET_ID_SIZE

    def skip(self) -> None:
        """One packet id was used before this object existed."""
        self._sent += 1

    def wrap(self, header: bytes, rest: bytes) -> bytes:
        """Header, HMAC, packet id, time, rest."""
        self._sent += 1
        number = self._sent.to_bytes(4, "big") + self._timestamp
        tag = hmac.digest(self._send_key, number + header + rest, self._digest)
        return header + tag + number + rest

    def unwrap(self, datagram: bytes) -> Unwrapped:
        """Check the HMAC in constant time, then the packet id."""
        body = HEADER_SIZE + self._size + PACKET_ID_SIZE
        if len(datagram) <= body:
            raise PacketError(Drop.UNWRAP, "cannot locate HMAC in incoming packet")
        header, tag = datagram[:HEADER_SIZE], datagram[HEADER_SIZE : HEADER_SIZE + self._size]
        number, rest = datagram[body - PACKET_ID_SIZE : body], datagram[body:]
        expected = hmac.digest(self._receive_key, number + header + rest, self._digest)
        if not hmac.compare_digest(tag, expected):
            raise PacketError(Drop.UNWRAP, "incoming packet authentication failed", FORGED)
        packet_id, timestamp = int.from_bytes(number[:4], "big"), int.from_bytes(number[4:], "big")
        if not self._replay.accept(timestamp, packet_id):
            words = f"Authenticate/Decrypt packet error: #{packet_id} / time = ({timestamp})"
            raise PacketError(Drop.CONTROL_REPLAY, words)
        return header, rest
