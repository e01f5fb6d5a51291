"""Arithmetic over many packets at once, by numpy, which is loaded when there is first need of it.

Before: system/offload.py coalesce
After: system/offload.py buffers

Loading takes a tenth of a second of processor time. A tunnel that never carries a burst does
without; the first burst is written packet by packet while a thread loads it.
"""

from __future__ import annotations

import logging
import threading
from typing import Any, NamedTuple

log = logging.getLogger("vpn.tun")

TCP, UDP = 6, 17
DONT_FRAGMENT = 0x40
MAX_KEPT = 256  # lengths of packets for which something is kept


class Layout(NamedTuple):
    """Where things stand in a packet of TCP or UDP with the shortest IP header."""

    ip_size: int
    addresses: tuple[int, int]  # from, to
    protocol: int
    sequence: int | None  # at which byte; UDP has none
    ident: int | None  # likewise; IPv6 has none
    differs: frozenset[int]  # bytes that differ between segments of one flow

    @classmethod
    def of(cls, version: int, protocol: int) -> Layout:
        """IPv4 or IPv6; TCP or UDP."""
        is_four, is_tcp = version == 4, protocol == TCP
        size = 20 if is_four else 40
        counters = (4, 5, 6, 7, 16, 17) if is_tcp else (6, 7)  # sequence number, checksum
        return cls(
            size,
            (12, 20) if is_four else (8, 40),
            protocol,
            size + 4 if is_tcp else None,
            4 if is_four else None,
            frozenset((4, 5, 10, 11) if is_four else ()) | {size + n for n in counters},
        )


LAYOUTS = {
    (version, protocol): Layout.of(version, protocol)
    for version in (4, 6)
    for protocol in (TCP, UDP)
}


class Arrays:
    """What is done with numpy."""

    def __init__(self, np: Any) -> None:
        self._np = np
        self._columns: dict[tuple[Layout, int, int], Any] = {}
        self._places: dict[tuple[int, int], Any] = {}
        self._numbered = np.arange(0)

    def sums(self, words: bytes, starts: list[int]) -> list[int]:
        """32-bit words in little-endian order, where runs of them begin -> the sum of each run."""
        np = self._np
        numbers = np.frombuffer(words, dtype="<u4")
        totals: list[int] = np.add.reduceat(numbers, starts, dtype=np.uint64).tolist()
        return totals

    def leading(self, packets: list[bytes], at: int, layout: Layout, header_size: int) -> int:
        """How many of these packets, of one length, are segments that follow the first one.

        at, header_size: where the IP header of the first one starts, and how long its headers are.
        It is plain data, without PSH. All that are counted have right checksums.
        """
        np = self._np
        rows = np.frombuffer(b"".join(packets), dtype=np.uint8).reshape(len(packets), -1)
        data = rows[:, at:]
        static = rows[:, self._static(layout, at, header_size)]
        follows = (static == static[0]).all(axis=1)
        follows &= self._are_right(data, layout)
        counted = self._counted(len(packets))
        if layout.ident is not None and not packets[0][at + 6] & DONT_FRAGMENT:
            idents = self._numbers(data, layout.ident, ">u2")
            follows &= (idents - idents[0]) & 0xFFFF == counted
        if layout.sequence is not None:
            sequences = self._numbers(data, layout.sequence, ">u4")
            size = data.shape[1] - header_size
            follows &= (sequences - sequences[0]) & 0xFFFFFFFF == counted * size
        first_other = int(follows.argmin())
        return first_other if first_other or not follows[0] else len(packets)

    def _static(self, layout: Layout, at: int, header_size: int) -> Any:
        """The columns that are equal in segments of one flow."""
        known = self._columns.get((layout, at, header_size))
        if known is None:
            inner = (n for n in range(header_size) if n not in layout.differs)
            columns = [*range(at), *(at + n for n in inner)]
            known = self._columns[layout, at, header_size] = self._np.array(columns)
        return known

    def _counted(self, count: int) -> Any:
        """0, 1, 2 ..."""
        if len(self._numbered) < count:
            self._numbered = self._np.arange(2 * count, dtype=self._np.int64)
        return self._numbered[:count]

    def _numbers(self, data: Any, at: int, kind: str) -> Any:
        """A column of numbers of two or four bytes."""
        column = self._np.ascontiguousarray(data[:, at : at + int(kind[2])])
        return column.view(kind).ravel().astype(self._np.int64)

    def _are_right(self, data: Any, layout: Layout) -> Any:
        """Are the checksums of these packets right, if their addresses are the first one's?

        [RFC 1071; for the arithmetic see offload.py]
        """
        np = self._np
        count, length = data.shape
        width = length + 3 & ~3
        if width != length or not data.flags.c_contiguous:
            padded = np.zeros((count, width), dtype=np.uint8)
            padded[:, :length] = data
            data = padded
        begin, end = layout.addresses
        pseudo = sum(data[0, begin:end].view("<u2").tolist())
        pseudo += (layout.protocol + length - layout.ip_size) * 256
        totals = np.add.reduceat(
            data.view("<u4").ravel(), self._starts(count, width // 4, layout.ip_size // 4),
            dtype=np.uint64,
        ).reshape(count, 2)  # fmt: skip
        totals[:, 1] += np.uint64(pseudo)
        rest = totals % np.uint64(65_535)
        return ~rest.any(axis=1) if layout.ip_size == 20 else rest[:, 1] == 0

    def _starts(self, count: int, words: int, ip_words: int) -> Any:
        """Where headers, and what is behind them, begin in rows of words."""
        known = self._places.get((words, ip_words))
        if known is None or len(known) < 2 * count:
            places = [start + n for start in range(0, count * words, words) for n in (0, ip_words)]
            known = self._np.array(places)
            if len(self._places) > MAX_KEPT:
                self._places.clear()
            self._places[words, ip_words] = known
        return known[: 2 * count]


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
    except Exception as problem:  # whatever is wrong with it
        log.info("NOTE: numpy cannot be loaded, packets are written one by one: %s", problem)
        return
    if not _loaded:
        _loaded.append(Arrays(np))
