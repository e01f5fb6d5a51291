"""The data channel of a static key: one key for good, and no header in front of its packets.

Before: tunnel/shape.py Shape.payloads
After: crypto/cbc.py CbcKey.seal

There is no control channel that could say which key is meant, nor when to take another.
"""

from __future__ import annotations

from vpn.crypto.data_key import ReceiveKey, SendKey
from vpn.data.channel import DataChannel


class StaticChannel(DataChannel):
    """As the data channel of a session, with keys from the start."""

    def __init__(self, keys: tuple[SendKey, ReceiveKey], replay_window: tuple[int, int]) -> None:
        super().__init__(replay_window)
        self._slot = self.install(0, keys, 0.0, overlap=0.0, lame=0.0)
        self._slot.header = b""

    def open(self, datagram: bytes) -> bytes:
        """One datagram -> the packet in it; PacketError if it is not genuine and new."""
        return self._open(self._slot, datagram, 0)

    def open_batch(self, datagrams: list[bytes]) -> list[bytes] | None:
        """No header says that these are data: each by itself."""
        return None
