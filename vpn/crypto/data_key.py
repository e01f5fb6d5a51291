"""What the data channel asks of a key, whatever the packets look like that it seals and opens."""

from __future__ import annotations

from typing import Protocol

PACKET_ID_MAX = 0xFFFFFFFF


class Window(Protocol):
    """A replay window."""

    def accept(self, packet_id: int) -> bool:
        """Is this id new? If so it is marked as seen. Call it after authentication only."""

    def age(self, now: float) -> None:
        """Close the window for what is late. Call it before each batch."""


class SendKey(Protocol):
    """What seals. It is given the packet ids: 1, 2, 3, ..."""

    @property
    def max_packet_id(self) -> int:
        """There is none beyond."""

    @property
    def is_spent(self) -> bool:
        """Is it time to negotiate a new key, whatever the packet ids say?"""

    def seal(self, header: bytes, packet_id: int, plaintext: bytes) -> bytes:
        """One payload -> one datagram."""


class ReceiveKey(Protocol):
    """What opens."""

    @property
    def error_prefix(self) -> str:
        """The front of a line for the log."""

    def open(self, datagram: bytes, header_size: int) -> tuple[int, bytes]:
        """One datagram -> (packet id, payload); PacketError if it is not genuine."""

    def new_window(self, size: int, seconds: float) -> Window:
        """The replay window for the ids that `open` returns."""


class OneKey:
    """One key for all packets of a direction; it knows nothing of how many there were."""

    __slots__ = ()
    max_packet_id = PACKET_ID_MAX
    is_spent = False
