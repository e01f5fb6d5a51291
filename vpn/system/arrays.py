"""Arithmetic over many packets at once, by numpy, which is loaded when there is first need of it.

Before: system/offload.py coalesce
After: system/offload.py buffers

Loading takes a tenth of a second of processor time. A tunnel that never carries a burst does
without; the first burst is written packet by packet while a thread loads it.
"""

from __future__ import annotations

import threading
from typing import Any, NamedTuple

TCP, UDP = 6, 17
PUSH = 0x08


class Layout(NamedTuple):
    """Where things stand in a packet of TCP or UDP with the shortest IP header."""

    ip_size: int
    addresses: tuple[int, int]  # from, to
    protocol: int
    sequence: int | None  # at which byte
    flags: int | None
    ident: int | None
    form: tuple[int, ...]  # bytes that are equal in all packets of this layout and length
    differs: frozenset[int]  # bytes that differ between segments of one flow

    @classmethod
    def of(cls, version: int, protocol: int) -> Layout:
        """IPv4 or IPv6; TCP or UDP."""
        is_four, is_tcp = version == 4, protocol == TCP
        size = 20 if is_four else 40
        form = (0, 2, 3, 6, 7, 9) if is_four else (4, 5, 6)
        differs = {4, 5, 10, 11} if is_four else set()
        if is_tcp:  # sequence number, flags, checksum
            differs |= {size + n for n in (4, 5, 6, 7, 13, 16, 17)}
        else:
            differs |= {size + 6, size + 7}
        return cls(
            size,
            (12, 20) if is_four else (8, 40),
            protocol,
            size + 4 if is_tcp else None,
            size + 13 if is_tcp else None,
            4 if is_four else None,
            (*form, size + 12) if is_tcp else (*form, size + 4, size + 5),
            frozenset(differs),
        )


LAYOUTS = {(version, protocol): Layout.of(version, protocol)
           for version in (4, 6) for protocol in (TCP, UDP)}  # fmt: skip


class Arrays:
    """What is done with numpy."""

    def __init__(self, np: Any) -> None:
        self._np = np
        self._columns: dict[tuple[Layout, int, int], Any] = {}

    def sums(self, words: bytes, starts: list[int]) -> list[int]:
        """32-bit words in little-endian order, where runs of them begin -> the sum of each run."""
        np = self._np
        numbers = np.frombuffer(words, dtype="<u4")
        totals: list[int] = np.add.reduceat(numbers, starts, dtype=np.uint64).tolist()
        return totals

    def runs(self, packets: list[bytes], at: int, layout: Layout, header_size: int) -> list[int]:
        """How many belong together, and how many then, of packets of one length.

        at, header_size: where the IP header of the first one starts, and how long its headers are.
        Whoever is in a run with others follows the one before, and their checksums are right.
        """
        np = self._np
        rows = np.frombuffer(b"".join(packets), dtype=np.uint8).reshape(len(packets), -1)
        data = rows[:, at:]
        static = rows[:, self._static(layout, at, header_size)]
        is_right = self._are_right(data, layout)
        follows = (static[1:] == static[:-1]).all(axis=1) & is_right[1:] & is_right[:-1]
        form = data[:, layout.form]
        follows &= (form[1:] == form[0]).all(axis=1)
        if layout.ident is not None and not data[0, 6] & 0x40:
            idents = self._numbers(data, layout.ident, ">u2")
            follows &= idents[1:] - idents[:-1] == 1
        if layout.sequence is not None and layout.flags is not None:
            sequences = self._numbers(data, layout.sequence, ">u4")
            size = data.shape[1] - header_size
            follows &= sequences[1:] - sequences[:-1] == size
            flags = data[:, layout.flags]
            follows &= (flags[:-1] == 0x10) & (flags[1:] & ~np.uint8(PUSH) == 0x10)
        ends = np.flatnonzero(~follows) + 1
        return np.diff(ends, prepend=0, append=len(packets)).tolist()  # type: ignore[no-any-return]

    def _static(self, layout: Layout, at: int, header_size: int) -> Any:
        """The columns that are equal in segments of one flow."""
        known = self._columns.get((layout, at, header_size))
        if known is None:
            inner = (n for n in range(header_size) if n not in layout.differs)
            columns = [*range(at), *(at + n for n in inner)]
            known = self._columns[layout, at, header_size] = self._np.array(columns)
        return known

    def _numbers(self, data: Any, at: int, kind: str) -> Any:
        """A column of numbers, in this machine's byte order: they wrap around as the field does."""
        size = int(kind[2])
        column = self._np.ascontiguousarray(data[:, at : at + size]).view(kind).ravel()
        return column.astype(kind.replace(">", "="))

    def _are_right(self, data: Any, layout: Layout) -> Any:
        """Are the checksums of these packets right? [RFC 1071; see offload.py]."""
        np = self._np
        count, length = data.shape
        width = length + 3 & ~3
        if width != length or not data.flags.c_contiguous:
            padded = np.zeros((count, width), dtype=np.uint8)
            padded[:, :length] = data
            data = padded
        words = data.view("<u4")
        ip_words = layout.ip_size // 4
        starts = np.arange(0, count * width // 4, width // 4)
        totals = np.add.reduceat(
            words.ravel(), np.stack((starts, starts + ip_words), axis=1).ravel(), dtype=np.uint64
        )
        begin, end = layout.addresses
        addresses = np.ascontiguousarray(data[:, begin:end]).view("<u4")
        pseudo = addresses.sum(axis=1, dtype=np.uint64)
        pseudo += np.uint64((layout.protocol + length - layout.ip_size) * 256)
        right = (totals[1::2] + pseudo) % np.uint64(65_535) == 0
        if layout.ip_size == 20:
            right &= totals[::2] % np.uint64(65_535) == 0
        return right


_loaded: list[Arrays] = []
_threads: list[threading.Thread] = []


def arrays() -> Arrays | None:
    """What there is; None until numpy is loaded, which this begins."""
    if _loaded:
        return _loaded[0]
    if not _threads:
        _threads.append(threading.Thread(target=load, name="numpy", daemon=True))
        _threads[0].start()
    return None


def load() -> None:
    """Load it now: before there are no rights, or no files, to load it with."""
    try:
        import numpy as np
    except ImportError:
        return  # packets go on being written one by one
    if not _loaded:
        _loaded.append(Arrays(np))
