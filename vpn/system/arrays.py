"""Arithmetic over many packets at once, by numpy, which is loaded when there is first need of it.

Before: system/offload.py coalesce
After: system/offload.py buffers

Loading takes a tenth of a second of processor time. A tunnel that never carries a burst does
without; the first burst is written packet by packet while a thread loads it.
"""

from __future__ import annotations

import logging
import os
import threading
from typing import Any, NamedTuple

log = logging.getLogger("vpn.tun")

TCP, UDP = 6, 17
DONT_FRAGMENT = 0x40
NO_THREADS = "OPENBLAS_NUM_THREADS"
MAX_KEPT = 256  # lengths of packets for which something is kept


class Layout(NamedTuple):
    """Where things stand in a packet of TCP or UDP with the shortest IP header."""

    ip_size: int
    ident: int | None  # in which word of 32 bits its upper half is; IPv6 has none
    sequence: int | None  # which word; UDP has none
    differs: frozenset[int]  # bytes that differ between segments of one flow

    @classmethod
    def of(cls, version: int, protocol: int) -> Layout:
        """IPv4 or IPv6; TCP or UDP."""
        is_four, is_tcp = version == 4, protocol == TCP
        size = 20 if is_four else 40
        counters = (4, 5, 6, 7, 16, 17) if is_tcp else (6, 7)  # sequence number, checksum
        return cls(
            size,
            1 if is_four else None,
            size // 4 + 1 if is_tcp else None,
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
        self._masks: dict[tuple[Layout, int, int], Any] = {}
        self._places: dict[tuple[int, int, int], Any] = {}
        self._numbered = np.arange(0, dtype=np.uint32)

    def sums(self, words: bytes, starts: list[int]) -> list[int]:
        """32-bit words in little-endian order, where runs of them begin -> the sum of each run."""
        np = self._np
        numbers = np.frombuffer(words, dtype="<u4")
        totals: list[int] = np.add.reduceat(numbers, starts, dtype=np.uint64).tolist()
        return totals

    def leading(
        self, packets: list[bytes], at: int, layout: Layout, header_size: int, pseudo: int
    ) -> int:
        """How many of these packets, of one length, are segments that follow the first one.

        at, header_size: where the IP header of the first one starts, and how long its headers are.
        It is plain data, without PSH. pseudo: the sum of its pseudo header, of words of 16 bits in
        little-endian order. All that are counted have right checksums.
        """
        words, ip_at = self._words(packets, at)
        headers = words[:, : ip_at + header_size // 4]
        doubts = [
            (headers ^ headers[0]) & self._compared(layout, ip_at, header_size),
            self._remainders(words, ip_at, layout, pseudo),
        ]
        counted = self._counted(len(packets))
        if layout.ident is not None and not packets[0][at + 6] & DONT_FRAGMENT:
            idents = headers[:, ip_at + layout.ident].byteswap() >> 16
            doubts.append((idents - idents[0] - counted) & 0xFFFF)
        if layout.sequence is not None:
            sequences = headers[:, ip_at + layout.sequence].byteswap()
            doubts.append(sequences - sequences[0] - counted * (len(packets[0]) - at - header_size))
        count_nonzero = self._np.count_nonzero
        if not any(map(count_nonzero, doubts)):  # so it is mostly
            return len(packets)
        rows = [doubt.reshape(len(packets), -1).any(axis=1) for doubt in doubts]
        return int(self._np.logical_or.reduce(rows).argmax())

    def _words(self, packets: list[bytes], at: int) -> tuple[Any, int]:
        """Packets of one length as rows of 32-bit words, and in which word their IP starts."""
        front, behind = bytes(-at & 3), bytes(at - len(packets[0]) & 3)
        joined = front + (behind + front).join(packets) + behind
        return self._np.frombuffer(joined, dtype="<u4").reshape(len(packets), -1), at + 3 >> 2

    def _compared(self, layout: Layout, ip_at: int, header_size: int) -> Any:
        """The bits in which segments of one flow do not differ."""
        known = self._masks.get((layout, ip_at, header_size))
        if known is None:
            mask = [0 if n in layout.differs else 0xFF for n in range(header_size)]
            whole = bytes([0xFF] * ip_at * 4 + mask)
            known = self._np.frombuffer(whole, dtype="<u4")
            self._masks[layout, ip_at, header_size] = known
        return known

    def _counted(self, count: int) -> Any:
        """0, 1, 2 ..."""
        if len(self._numbered) < count:
            self._numbered = self._np.arange(2 * count, dtype=self._np.uint32)
        return self._numbered[:count]

    def _remainders(self, words: Any, ip_at: int, layout: Layout, pseudo: int) -> Any:
        """Of each packet, what is not 0 where a checksum is wrong [RFC 1071; see offload.py]."""
        np = self._np
        count, width = words.shape
        starts = self._starts(count, width, ip_at, ip_at + layout.ip_size // 4)
        totals = np.add.reduceat(words.ravel(), starts, dtype=np.uint64).reshape(count, -1)
        totals[:, -1] += np.uint64(pseudo)
        checked = totals[:, -1] if layout.ident is None else totals[:, -2:]  # IPv6 has one less
        return checked % np.uint64(65_535)

    def _starts(self, count: int, width: int, ip_at: int, transport_at: int) -> Any:
        """Where frame headers, IP headers, and what is behind them begin in rows of words."""
        columns = sorted({0, ip_at, transport_at})
        known = self._places.get((width, ip_at, transport_at))
        if known is None or len(known) < len(columns) * count:
            places = [row + column for row in range(0, count * width, width) for column in columns]
            known = self._np.array(places)
            if len(self._places) > MAX_KEPT:
                self._places.clear()
            self._places[width, ip_at, transport_at] = known
        return known[: len(columns) * count]


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
    # Its library for matrices, which we have no use for, would start a thread for each core.
    os.environ.setdefault(NO_THREADS, "1")
    try:
        import numpy as np
    except Exception as problem:  # whatever is wrong with it
        log.info("NOTE: numpy cannot be loaded, packets are written one by one: %s", problem)
        return
    if not _loaded:
        _loaded.append(Arrays(np))
