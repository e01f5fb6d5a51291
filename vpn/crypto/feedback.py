"""CFB and OFB data packets: sealed and opened, encrypt-then-MAC; the packet id is in the IV.

Before: data/channel.py DataChannel.seal
After: system/udp.py send_batch

    header   1 or 4        P_DATA_V1 or P_DATA_V2 (wire/data.py)
    n        HMAC          over IV and ciphertext (crypto/mac.py)
    8 or 16  IV            u32 packet id, u32 unix time, zeros
    ..       ciphertext    payload, no padding                             [draft: datacfb]
"""

from __future__ import annotations

from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher

from vpn.crypto.ciphers import Mode
from vpn.crypto.data_key import OneKey
from vpn.crypto.mac import ERROR_PREFIX, Mac
from vpn.crypto.replay import LongReplayWindow
from vpn.errors import Drop, PacketError


class FeedbackKey(OneKey):
    """One direction's key. Holds no counter: packet ids belong to the channel."""

    error_prefix = ERROR_PREFIX
    __slots__ = ("_algorithm", "_iv_end", "_iv_size", "_mac", "_mode")

    def __init__(
        self, algorithm: BlockCipherAlgorithm, mode: Mode, mac: Mac, timestamp: int
    ) -> None:
        self._algorithm = algorithm
        self._mode = mode
        self._mac = mac
        self._iv_size = algorithm.block_size // 8
        self._iv_end = timestamp.to_bytes(4, "big") + bytes(self._iv_size - 8)

    def new_window(self, size: int, seconds: float) -> LongReplayWindow:
        """The replay window for the ids that `open` returns."""
        return LongReplayWindow(size, seconds)

    def seal(self, header: bytes, packet_id: int, plaintext: bytes) -> bytes:
        """Header, HMAC, IV, ciphertext."""
        iv = packet_id.to_bytes(4, "big") + self._iv_end
        encryptor = Cipher(self._algorithm, self._mode(iv)).encryptor()
        sealed = iv + encryptor.update(plaintext) + encryptor.finalize()
        return header + self._mac.over(sealed) + sealed

    def open(self, datagram: bytes, header_size: int) -> tuple[int, bytes]:
        """(time and packet id, plaintext); PacketError(AUTH) if a bit is not what was sealed."""
        size = self._iv_size
        if len(datagram) < header_size + self._mac.size + size:
            raise PacketError(Drop.MALFORMED, "short data packet")
        sealed = self._mac.check(datagram, header_size)
        decryptor = Cipher(self._algorithm, self._mode(sealed[:size])).decryptor()
        plaintext = decryptor.update(sealed[size:]) + decryptor.finalize()
        return int.from_bytes(sealed[4:8] + sealed[:4], "big"), plaintext
