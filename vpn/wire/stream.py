"""Datagrams over TCP: each behind a 16-bit length.

u16 length of the datagram, itself not counted; then the datagram        [draft: tcp]
"""

from __future__ import annotations

import struct

from vpn.errors import Drop, PacketError

LENGTH_SIZE = 2
MAX_DATAGRAM = 2**16 - 1
MAX_RUN = 64  # datagrams that are looked at together
PACK_LENGTH = struct.Struct(">H").pack


def frame(datagrams: list[bytes]) -> bytes:
    """Datagrams ready for the stream, one after the other."""
    parts = [b""] * (2 * len(datagrams))
    parts[::2] = map(PACK_LENGTH, map(len, datagrams))
    parts[1::2] = datagrams
    return b"".join(parts)


class StreamDecoder:
    """Cuts a byte stream back into datagrams, however the stream was cut on its way.

    max_length: longest datagram to accept, bytes; the stock program closes the connection on more.
    """

    __slots__ = ("_buffer", "_max_length")

    def __init__(self, max_length: int = MAX_DATAGRAM) -> None:
        self._buffer = b""
        self._max_length = max_length

    def feed(self, chunk: bytes) -> list[bytes]:
        """Take what the stream gave; return the datagrams that are complete now.

        Raises PacketError(MALFORMED) on a length of 0 or above max_length: the stream has lost its
        framing (or never was OpenVPN) and can't be read on.
        """
        buffer = self._buffer + chunk if self._buffer else chunk
        datagrams: list[bytes] = []
        at, end, last = 0, len(buffer), 0
        while end - at >= LENGTH_SIZE:
            length = buffer[at] << 8 | buffer[at + 1]
            if not 0 < length <= self._max_length:
                raise PacketError(Drop.MALFORMED, str(length))
            step = LENGTH_SIZE + length
            if at + step > end:
                break
            count = run_of(buffer, at, step) if length == last else 1
            stop = at + count * step
            datagrams += [
                buffer[begin + LENGTH_SIZE : begin + step] for begin in range(at, stop, step)
            ]
            at, last = stop, length
        self._buffer = buffer[at:]
        return datagrams


def run_of(buffer: bytes, at: int, step: int) -> int:
    """How many whole datagrams of one length stand one behind the other; `step` with the length."""
    most = min((len(buffer) - at) // step, MAX_RUN)
    lengths = [buffer[begin : begin + LENGTH_SIZE] for begin in range(at, at + most * step, step)]
    if lengths.count(lengths[0]) == most:
        return most
    return next(number for number, one in enumerate(lengths) if one != lengths[0])
