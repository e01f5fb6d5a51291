"""Packet numbers as bytes, many at a time: the data path makes two for each packet."""

from __future__ import annotations

from collections.abc import Sequence

LAST_BYTES = tuple(bytes((last,)) for last in range(256))


def consecutive(
    first: int, count: int, size: int, tails: Sequence[bytes] = LAST_BYTES, *,
    before: bytes = b"", mask: int = 0,
) -> list[bytes]:  # fmt: skip
    """The numbers from `first` on, `size` bytes each, big-endian, XOR `mask`.

    tails: what stands for each value of the last byte, that byte (masked) and what is behind it.
    before: what stands in front.
    """
    found: list[bytes] = []
    while count:
        last = first & 0xFF
        some = min(count, 256 - last)
        front = before + (first >> 8 ^ mask >> 8).to_bytes(size - 1, "big")
        found += [front + tail for tail in tails[last : last + some]]
        first += some
        count -= some
    return found


def numbered_fronts(
    datagrams: list[bytes], header_size: int, size: int
) -> tuple[int, list[bytes]] | None:
    """(the first number, headers with numbers); None unless these are consecutive and those equal.

    size: bytes of a number, which stands behind the header.
    """
    end = header_size + size
    first = int.from_bytes(datagrams[0][header_size:end], "big")
    if first + len(datagrams) >> 8 * size:
        return None
    fronts = consecutive(first, len(datagrams), size, before=datagrams[0][:header_size])
    return (first, fronts) if fronts == [datagram[:end] for datagram in datagrams] else None


def tails_of(mask: int, behind: bytes) -> tuple[bytes, ...]:
    """For `consecutive`: the last byte XOR the mask's, and what is behind."""
    return tuple(bytes((last ^ mask & 0xFF,)) + behind for last in range(256))
