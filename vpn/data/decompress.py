"""Decompression of one packet, LZ4 and LZO: only for peers that compress what they send.

Before: data/compress.py remove_lz4
After: data/mss.py clamp

Both formats say what is to be copied: bytes that follow (literals), or bytes that came out already,
`distance` back. What comes out is never longer than the limit, however much is promised.

Sources: "LZ4 Block Format Description"; "LZO stream format as understood by Linux' LZO
decompressor".
"""

from __future__ import annotations

from vpn.errors import Drop, PacketError

LZ4_MIN_MATCH = 4
LONG = 15  # of four bits: the length goes on in the bytes that follow
MAX_STEP = 255

NO_LITERALS, LONG_RUN = 0, 4  # what an instruction of LZO copied last: none, 1 to 3, or more
LZO_END = 16384


class _Copier:
    """Input, output and the limit between them; PacketError where the input lies."""

    __slots__ = ("at", "data", "limit", "out")

    def __init__(self, data: bytes, limit: int) -> None:
        self.data = data
        self.at = 0
        self.out = bytearray()
        self.limit = limit

    def byte(self) -> int:
        """The next one."""
        if self.at >= len(self.data):
            raise PacketError(Drop.BAD_COMPRESSION, "cut short")
        self.at += 1
        return self.data[self.at - 1]

    def little(self) -> int:
        """Two bytes, the lower first."""
        return self.byte() | self.byte() << 8

    def literals(self, length: int) -> None:
        """Copy from the input."""
        self._check(length)
        if self.at + length > len(self.data):
            raise PacketError(Drop.BAD_COMPRESSION, "cut short")
        self.out += self.data[self.at : self.at + length]
        self.at += length

    def match(self, distance: int, length: int) -> None:
        """Copy from the output; where it reaches its own end it repeats."""
        self._check(length)
        if not 0 < distance <= len(self.out):
            raise PacketError(Drop.BAD_COMPRESSION, f"{distance} bytes back")
        piece = self.out[-distance:]
        self.out += (piece * (length // distance + 1))[:length]

    def _check(self, length: int) -> None:
        if len(self.out) + length > self.limit:
            raise PacketError(Drop.BAD_COMPRESSION, f"more than {self.limit} bytes")


def lz4(data: bytes, limit: int) -> bytes:
    """One LZ4 block; PacketError if it is none, or what comes out is too long.

    token: literals << 4 | match; 15 goes on in bytes, up to the first below 255
    literals; distance (two bytes); nothing behind the literals of the last sequence
    """
    copier = _Copier(data, limit)
    while True:
        token = copier.byte()
        copier.literals(_lz4_length(copier, token >> 4))
        if copier.at == len(data):
            return bytes(copier.out)
        distance = copier.little()
        copier.match(distance, _lz4_length(copier, token & 0x0F) + LZ4_MIN_MATCH)


def _lz4_length(copier: _Copier, length: int) -> int:
    if length < LONG:
        return length
    while True:
        step = copier.byte()
        length += step
        if step < MAX_STEP or length > copier.limit:
            return length


def lzo(data: bytes, limit: int) -> bytes:
    """One LZO1X stream; PacketError if it is none, or what comes out is too long.

    17+n             only as the first: n literals
    0000 LLLL        after no literals: 3 + L literals          (L 0: 15 and more, see _lzo_length)
    0000 DDSS H      after 1 to 3: 2 bytes, H << 2 | D, + 1 back; after more: 3 bytes, 2049 back
    0001 HLLL d d    2 + L bytes, 16384 + (H << 14) + d back; exactly 16384 is the end
    001L LLLL d d    2 + L bytes, 1 + d back
    01LD DDSS H      3 + L bytes, 1 + (H << 3) + D back
    1LLD DDSS H      5 + L bytes, likewise

    After a match come S more literals; S are the lowest two bits, in `d d` those of the two bytes.
    """
    copier = _Copier(data, limit)
    state = NO_LITERALS
    if data and data[0] > 17:
        state = min(copier.byte() - 17, LONG_RUN)
        copier.literals(data[0] - 17)
    while True:
        code = copier.byte()
        if code < 16 and state == NO_LITERALS:
            copier.literals(3 + _lzo_length(copier, code, LONG))
            state = LONG_RUN
            continue
        distance, length, state = _lzo_match(copier, code, state)
        if distance == LZO_END and 16 <= code < 32:
            break
        copier.match(distance, length)
        copier.literals(state)
    if copier.at != len(data):
        raise PacketError(Drop.BAD_COMPRESSION, "goes on after its end")
    return bytes(copier.out)


def _lzo_match(copier: _Copier, code: int, state: int) -> tuple[int, int, int]:
    """(distance, length, literals that follow)"""
    if code >= 64:
        length = 5 + (code >> 5 & 3) if code >= 128 else 3 + (code >> 5 & 1)
        return (copier.byte() << 3) + (code >> 2 & 7) + 1, length, code & 3
    if code < 16:
        near, length = (2049, 3) if state == LONG_RUN else (1, 2)
        return (copier.byte() << 2) + (code >> 2) + near, length, code & 3
    if code < 32:
        length = 2 + _lzo_length(copier, code & 7, 7)
        word = copier.little()
        return LZO_END + (code >> 3 & 1) * LZO_END + (word >> 2), length, word & 3
    length = 2 + _lzo_length(copier, code & 31, 31)
    word = copier.little()
    return (word >> 2) + 1, length, word & 3


def _lzo_length(copier: _Copier, length: int, most: int) -> int:
    """A length of 0: `most`, 255 for each byte of zeros, and the first byte that is none."""
    if length:
        return length
    while not (step := copier.byte()):
        most += MAX_STEP
        if most > copier.limit:
            break
    return most + step
