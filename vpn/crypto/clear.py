"""Data packets that nobody encrypts, `cipher none`: an HMAC and the packet id.

Before: data/channel.py DataChannel.seal
After: system/udp.py send_batch

    header   1 or 4    P_DATA_V1 or P_DATA_V2 (wire/data.py)
    n        HMAC      over the rest (crypto/mac.py); absent with `auth none`
    u32      packet id
    ..       payload                                                       [draft: datanone]
"""

from __future__ import annotations

from vpn.crypto.data_key import OneKey
from vpn.crypto.mac import ERROR_PREFIX, Mac
from vpn.crypto.replay import ReplayWindow
from vpn.errors import Drop, PacketError

PACKET_ID_SIZE = 4


class ClearKey(OneKey):
    """One direction's MAC key. Holds no counter: packet ids belong to the channel."""

    error_prefix = ERROR_PREFIX
    __slots__ = ("_mac",)

    def __init__(self, mac: Mac) -> None:
        self._mac = mac

    def new_window(self, size: int, seconds: float) -> ReplayWindow:
        """The replay window for the ids that `open` returns."""
        return ReplayWindow(size, seconds)

    def seal(self, header: bytes, packet_id: int, plaintext: bytes) -> bytes:
        """Header, HMAC, packet id, payload."""
        body = packet_id.to_bytes(4, "big") + plaintext
        return header + self._mac.over(body) + body

    def open(self, datagram: bytes, header_size: int) -> tuple[int, bytes]:
        """(packet id, payload); PacketError(AUTH) if a single bit was changed."""
        if len(datagram) < header_size + self._mac.size + PACKET_ID_SIZE:
            raise PacketError(Drop.MALFORMED, "short data packet")
        body = self._mac.check(datagram, header_size)
        return int.from_bytes(body[:4], "big"), body[4:]
