"""CBC data packets: sealed and opened, encrypt-then-MAC.

Before: data/channel.py DataChannel.seal
After: system/udp.py send_batch

    header   0, 1 or 4     none with a static key, else P_DATA_V1 or P_DATA_V2 (wire/data.py)
    n        HMAC          over IV and ciphertext (crypto/mac.py)
    8 or 16  IV            random for each packet, a block
    ..       ciphertext    u32 packet id, u32 time (static key only), payload, PKCS7 padding

[draft: datacbc]
"""

from __future__ import annotations

from collections.abc import Callable

from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm, Cipher
from cryptography.hazmat.primitives.ciphers.modes import CBC

from vpn.crypto.data_key import OneKey
from vpn.crypto.mac import ERROR_PREFIX, Mac
from vpn.crypto.replay import LongReplayWindow, ReplayWindow
from vpn.errors import Drop, PacketError

PACKET_ID_SIZE = 4
LONG_SIZE = 8


class CbcKey(OneKey):
    """One direction's key. Holds no counter: packet ids belong to the channel.

    timestamp: unix time, for packet ids of the long form; None for the short form.
    """

    error_prefix = ERROR_PREFIX
    __slots__ = ("_algorithm", "_block", "_mac", "_number_size", "_random_bytes", "_time")

    def __init__(
        self,
        algorithm: BlockCipherAlgorithm,
        mac: Mac,
        random_bytes: Callable[[int], bytes],
        timestamp: int | None = None,
    ) -> None:
        self._algorithm = algorithm
        self._block = algorithm.block_size // 8
        self._mac = mac
        self._random_bytes = random_bytes
        self._time = b"" if timestamp is None else timestamp.to_bytes(4, "big")
        self._number_size = PACKET_ID_SIZE if timestamp is None else LONG_SIZE

    def new_window(self, size: int, seconds: float) -> ReplayWindow | LongReplayWindow:
        """The replay window for the ids that `open` returns."""
        return (LongReplayWindow if self._time else ReplayWindow)(size, seconds)

    def seal(self, header: bytes, packet_id: int, plaintext: bytes) -> bytes:
        """Header, HMAC, IV, ciphertext."""
        block = self._block
        iv = self._random_bytes(block)
        encryptor = Cipher(self._algorithm, CBC(iv)).encryptor()
        body = packet_id.to_bytes(4, "big") + self._time + plaintext
        padding = block - len(body) % block
        sealed = iv + encryptor.update(body + bytes([padding]) * padding) + encryptor.finalize()
        return header + self._mac.over(sealed) + sealed

    def open(self, datagram: bytes, header_size: int) -> tuple[int, bytes]:
        """(packet id, plaintext); PacketError(AUTH) if a single bit is not what was sealed.

        In the long form the packet id has the time in front.
        """
        block, size = self._block, self._number_size
        length = len(datagram) - header_size - self._mac.size
        if length < 2 * block or length % block:
            raise PacketError(Drop.MALFORMED, "data packet of a wrong length")
        sealed = self._mac.check(datagram, header_size)
        decryptor = Cipher(self._algorithm, CBC(sealed[:block])).decryptor()
        body = decryptor.update(sealed[block:]) + decryptor.finalize()
        padding = body[-1]
        end = len(body) - padding
        if not 1 <= padding <= block or body[end:] != bytes([padding]) * padding or end < size:
            raise PacketError(Drop.MALFORMED, "padding of a data packet")
        return int.from_bytes(body[4:size] + body[:4], "big"), body[size:end]
