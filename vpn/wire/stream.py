"""Datagrams over TCP: each behind a 16-bit length.

u16 length of the datagram, itself not counted; then the datagram        [draft: tcp]
"""

from __future__ import annotations

from vpn.errors import Drop, PacketError

LENGTH_SIZE = 2
MAX_DATAGRAM = 2**16 - 1


def frame(datagrams: list[bytes]) -> bytes:
    """Datagrams ready for the stream, one after the other."""
    parts = []
    for datagram in datagrams:
        parts.append(len(datagram).to_bytes(LENGTH_SIZE, "big"))
        parts.append(datagram)
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
        at, end = 0, len(buffer)
        while end - at >= LENGTH_SIZE:
            length = buffer[at] << 8 | buffer[at + 1]
            if not 0 < length <= self._max_length:
                raise PacketError(Drop.MALFORMED, str(length))
            stop = at + LENGTH_SIZE + length
            if stop > end:
                break
            datagrams.append(buffer[at + LENGTH_SIZE : stop])
            at = stop
        self._buffer = buffer[at:]
        return datagrams
