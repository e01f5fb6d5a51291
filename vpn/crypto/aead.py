"""AEAD data packets: sealed and opened, one call each.

Before: data/channel.py DataChannel.seal
After: system/udp.py send_batch

    header   1 or 4   P_DATA_V1 or P_DATA_V2 (wire/data.py)
    u32      packet id
    16       tag
    ..       ciphertext                                    [draft: dataaead]

    nonce            = packet id, implicit IV (first 8 bytes of the HMAC slot)
    associated data  = header and packet id under P_DATA_V2, packet id alone under P_DATA_V1
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag

from vpn.crypto.ciphers import Aead
from vpn.crypto.data_key import OneKey, Opened
from vpn.crypto.numbers import consecutive, numbered_fronts, tails_of
from vpn.crypto.replay import ReplayWindow
from vpn.errors import Drop, PacketError
from vpn.wire.data import V1_SIZE

PACKET_ID_SIZE = 4
TAG_SIZE = 16
IMPLICIT_IV_SIZE = 8
ERROR_PREFIX = "AEAD Decrypt error"
OVERHEAD = PACKET_ID_SIZE + TAG_SIZE


class AeadKey(OneKey):
    """One direction's key. Holds no counter: packet ids belong to the channel."""

    error_prefix = ERROR_PREFIX
    __slots__ = ("_decrypt", "_encrypt", "_implicit_iv", "_tails")

    def __init__(self, aead: Aead, hmac_slot: bytes) -> None:
        self._encrypt = aead.encrypt
        self._decrypt = aead.decrypt
        self._implicit_iv = hmac_slot[:IMPLICIT_IV_SIZE]
        self._tails: tuple[bytes, ...] | None = None  # of nonces; many clients never need them

    def new_window(self, size: int, seconds: float) -> ReplayWindow:
        """The replay window for the ids that `open` returns."""
        return ReplayWindow(size, seconds)

    def seal(self, header: bytes, packet_id: int, plaintext: bytes) -> bytes:
        """Header, packet id, tag, ciphertext."""
        number = packet_id.to_bytes(4, "big")
        front = header + number
        sealed = self._encrypt(
            number + self._implicit_iv, plaintext, front if len(header) > V1_SIZE else number
        )
        return front + sealed[-16:] + sealed[:-16]

    def seal_batch(self, header: bytes, first_id: int, plaintexts: list[bytes]) -> list[bytes]:
        """The same for many, their packet ids counted from `first_id`."""
        count = len(plaintexts)
        fronts = consecutive(first_id, count, PACKET_ID_SIZE, before=header)
        associated = fronts
        if len(header) <= V1_SIZE:
            associated = consecutive(first_id, count, PACKET_ID_SIZE)
        sealed = map(self._encrypt, self._nonces(first_id, count), plaintexts, associated)
        return [front + text[-16:] + text[:-16] for front, text in zip(fronts, sealed, strict=True)]

    def _nonces(self, first_id: int, count: int) -> list[bytes]:
        if self._tails is None:
            self._tails = tails_of(0, self._implicit_iv)
        return consecutive(first_id, count, PACKET_ID_SIZE, self._tails)

    def open(self, datagram: bytes, header_size: int) -> tuple[int, bytes]:
        """(packet id, plaintext); PacketError(AUTH) if a single bit is not what was sealed."""
        body = header_size + PACKET_ID_SIZE + TAG_SIZE
        if len(datagram) < body:
            raise PacketError(Drop.MALFORMED, "short data packet")
        number = datagram[header_size : header_size + 4]
        associated = datagram[: header_size + 4] if header_size > V1_SIZE else number
        try:
            plaintext = self._decrypt(
                number + self._implicit_iv,
                datagram[body:] + datagram[header_size + 4 : body],
                associated,
            )
        except InvalidTag:
            raise PacketError(Drop.AUTH) from None
        return int.from_bytes(number, "big"), plaintext

    def open_batch(self, datagrams: list[bytes], header_size: int) -> Opened | None:
        """Datagrams with one header and consecutive packet ids -> the first id, the plaintexts.

        None: open each by itself.
        """
        front, body, count = header_size + PACKET_ID_SIZE, header_size + OVERHEAD, len(datagrams)
        numbered = numbered_fronts(datagrams, header_size, PACKET_ID_SIZE)
        if numbered is None:
            return None
        first, fronts = numbered
        if header_size <= V1_SIZE:
            fronts = consecutive(first, count, PACKET_ID_SIZE)
        opening = map(
            self._decrypt,
            self._nonces(first, count),
            [datagram[body:] + datagram[front:body] for datagram in datagrams],
            fronts,
        )
        try:
            return first, list(opening)
        except InvalidTag:
            return None
