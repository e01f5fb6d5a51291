"""What the data channel asks of a key, whatever the packets look like that it seals and opens."""

from __future__ import annotations

from typing import Protocol, TypeAlias

PACKET_ID_MAX = 0xFFFFFFFF
Opened: TypeAlias = tuple[int, list[bytes]]
"""(the first packet id, payloads): the ids are consecutive"""


class OneByOne(Protocol):
    """What seals one at a time."""

    def seal(self, header: bytes, packet_id: int, plaintext: bytes) -> bytes:
        """One payload -> one datagram."""


class Window(Protocol):
    """A replay window."""

    def accept(self, packet_id: int) -> bool:
        """Is this id new? If so it is marked as seen. Call it after authentication only."""

    def accept_run(self, first: int, count: int) -> bool:
        """Are that many ids from `first` on beyond all before? If so they are marked, else none."""

    def age(self, now: float, last: float | None) -> None:
        """Close the window for what is late; `last`: when the batch before this one came."""


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

    def seal_batch(self, header: bytes, first_id: int, plaintexts: list[bytes]) -> list[bytes]:
        """Payloads -> datagrams, their packet ids counted from `first_id`."""


class ReceiveKey(Protocol):
    """What opens."""

    @property
    def error_prefix(self) -> str:
        """The front of a line for the log."""

    def open(self, datagram: bytes, header_size: int) -> tuple[int, bytes]:
        """One datagram -> (packet id, payload); PacketError if it is not genuine."""

    def open_batch(self, datagrams: list[bytes], header_size: int) -> Opened | None:
        """Datagrams -> the first packet id and payloads; None: open each by itself."""

    def new_window(self, size: int, seconds: float) -> Window:
        """The replay window for the ids that `open` returns."""


class EachByItself:
    """Batches, for a key that has no quicker way."""

    __slots__ = ()

    def seal_batch(
        self: OneByOne, header: bytes, first_id: int, plaintexts: list[bytes]
    ) -> list[bytes]:
        """Payloads -> datagrams, their packet ids counted from `first_id`."""
        seal = self.seal
        return [seal(header, number, text) for number, text in enumerate(plaintexts, first_id)]

    def open_batch(self, datagrams: list[bytes], header_size: int) -> Opened | None:
        """There is no quicker way than one by one."""
        return None


class OneKey(EachByItself):
    """One key for all packets of a direction; it knows nothing of how many there were."""

    __slots__ = ()
    max_packet_id = PACKET_ID_MAX
    is_spent = False
