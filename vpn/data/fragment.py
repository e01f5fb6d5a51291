"""Fragments: a packet that is too long for one datagram travels in several [man: --fragment].

Before: data/compress.py add_stub
After: data/channel.py DataChannel.seal

    u32   bits 0-1     0 whole, 1 more follow, 2 the last, 3 a test
               2-9     sequence id of the packet
               10-14   number of the fragment, from 0
               15-28   size of all but the last, in units of 4 bytes; only in the last
    ..    the piece                                                           [draft: fragment]

A whole packet has a header of zeros. Pieces are multiples of 4 bytes, but for the last.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from vpn.errors import Drop, PacketError

HEADER_SIZE = 4
WHOLE, MORE, LAST = 0, 1, 2
WHOLE_HEADER = bytes(HEADER_SIZE)
MAX_FRAGMENTS = 32
UNIT = 4  # bytes
SEQUENCE_IDS = 256
MAX_PACKETS = 25  # that wait for their other pieces
LIFETIME = 10.0  # seconds


def header(kind: int, sequence_id: int, number: int, size: int = 0) -> bytes:
    """The header of one fragment; the size (bytes) only goes with the last one."""
    word = kind | sequence_id << 2 | number << 10 | size // UNIT << 15
    return word.to_bytes(HEADER_SIZE, "big")


@dataclass(slots=True)
class Partial:
    """A packet of which pieces are missing."""

    expires_at: float
    pieces: dict[int, bytes] = field(default_factory=dict)
    last: int | None = None  # the last one's number
    size: int | None = None  # of all but the last, bytes

    def fits(self, number: int, size: int, *, is_last: bool) -> bool:
        """Can this be a piece of the same packet?"""
        if number in self.pieces or (is_last and self.last is not None):
            return False
        if self.last is not None and number > self.last:
            return False
        if is_last and any(known > number for known in self.pieces):
            return False
        return self.size in (None, size)

    @property
    def is_whole(self) -> bool:
        """Is no piece missing?"""
        return self.last is not None and len(self.pieces) == self.last + 1


class Fragments:
    """Both directions of one peer. Sizes are bytes of payload.

    room: what one datagram carries, the header of a fragment included
    longest: the longest packet that is put together
    drops: counts the packets that are too long to be cut, and those whose pieces never all came
    """

    def __init__(self, room: int, longest: int, drops: Counter[Drop]) -> None:
        self._room = max(room, HEADER_SIZE + UNIT)
        self._longest = longest
        self._drops = drops
        self._sequence_id = 0
        self._partials: dict[int, Partial] = {}  # by sequence id, the oldest first

    def split(self, payload: bytes) -> list[bytes]:
        """One payload -> the payloads of its datagrams, of about one size; none if too long."""
        most = (self._room - HEADER_SIZE) // UNIT * UNIT
        if len(payload) <= self._room - HEADER_SIZE:
            return [WHOLE_HEADER + payload]
        count = -(-len(payload) // most)
        if count > MAX_FRAGMENTS:
            self._drops[Drop.TOO_LARGE] += 1
            return []
        size = -(-len(payload) // (count * UNIT)) * UNIT
        self._sequence_id = sequence_id = (self._sequence_id + 1) % SEQUENCE_IDS
        *others, last = (payload[at : at + size] for at in range(0, len(payload), size))
        fragments = [
            header(MORE, sequence_id, number) + piece for number, piece in enumerate(others)
        ]
        return [*fragments, header(LAST, sequence_id, len(others), size) + last]

    def join(self, payload: bytes, now: float) -> bytes:
        """The payload of one datagram -> that of a packet; empty while pieces of it are missing."""
        if payload[:HEADER_SIZE] == WHOLE_HEADER:
            return payload[HEADER_SIZE:]
        if len(payload) <= HEADER_SIZE:
            raise PacketError(Drop.BAD_FRAGMENT, "short")
        word = int.from_bytes(payload[:HEADER_SIZE], "big")
        kind, sequence_id, number = word & 3, word >> 2 & 0xFF, word >> 10 & 0x1F
        if kind not in (MORE, LAST):
            raise PacketError(Drop.BAD_FRAGMENT, f"type {kind}")
        piece = payload[HEADER_SIZE:]
        size = (word >> 15 & 0x3FFF) * UNIT if kind == LAST else len(piece)
        self._check(kind, number, size, piece)
        self._give_up_old(now)
        partial = self._partial(sequence_id, number, size, now, is_last=kind == LAST)
        partial.pieces[number] = piece
        partial.size = size
        if kind == LAST:
            partial.last = number
        if not partial.is_whole:
            return b""
        del self._partials[sequence_id]
        return b"".join(partial.pieces[each] for each in range(len(partial.pieces)))

    def _check(self, kind: int, number: int, size: int, piece: bytes) -> None:
        """PacketError unless a packet may have such a piece."""
        if not size or size % UNIT or len(piece) > size or (kind == LAST and not number):
            raise PacketError(Drop.BAD_FRAGMENT, f"{len(piece)} bytes, of size {size}")
        if number * size + len(piece) > self._longest:
            raise PacketError(Drop.BAD_FRAGMENT, "the packet is too long")

    def _partial(
        self, sequence_id: int, number: int, size: int, now: float, *, is_last: bool
    ) -> Partial:
        """The packet that a piece belongs to; a new one takes the place of the oldest."""
        partial = self._partials.get(sequence_id)
        if partial is not None and not partial.fits(number, size, is_last=is_last):
            self._give_up(sequence_id)  # the ids have come round: this is another packet
            partial = None
        if partial is None:
            if len(self._partials) >= MAX_PACKETS:
                self._give_up(next(iter(self._partials)))
            partial = self._partials[sequence_id] = Partial(now + LIFETIME)
        return partial

    def _give_up_old(self, now: float) -> None:
        while self._partials:
            oldest = next(iter(self._partials))
            if now < self._partials[oldest].expires_at:
                return
            self._give_up(oldest)

    def _give_up(self, sequence_id: int) -> None:
        del self._partials[sequence_id]
        self._drops[Drop.FRAGMENT_LOST] += 1
