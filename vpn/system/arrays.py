"""Arithmetic over many packets at once, by numpy, which is loaded when there is first need of it.

Before: system/segment.py segment, system/offload.py coalesce
After: system/tun.py Tun.read_batch, system/offload.py buffers

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
FIN, PSH, CWR = 0x01, 0x08, 0x80


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


class Cut(NamedTuple):
    """How a super-packet is cut: bytes of the frame at which something starts, and sizes."""

    at: int  # IP
    start: int  # TCP or UDP
    header_size: int  # the payload
    size: int  # of the payload of each segment; the last may have less
    is_tcp: bool

    def lengths(self, head: bytes | bytearray, total: int) -> list[tuple[int, bytes]]:
        """Where a packet of `total` bytes, its frame included, says how long it is."""
        four = head[self.at] >> 4 == 4
        found = [(self.at + 2, total - self.at) if four else (self.at + 4, total - self.at - 40)]
        if not self.is_tcp:
            found.append((self.start + 4, total - self.start))
        return [(where, value.to_bytes(2, "big")) for where, value in found]


class Arrays:
    """What is done with numpy."""

    def __init__(self, np: Any) -> None:
        self._np = np
        self._masks: dict[tuple[Layout, int, int], Any] = {}
        self._places: dict[tuple[int, int, int], Any] = {}
        self._numbered = np.arange(0, dtype=np.uint32)
        self._room = np.empty(0, dtype=np.uint8)  # where segments are cut

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

    def cut(self, frame: memoryview, cut: Cut, pseudo: int) -> list[bytes]:
        """A super-packet -> its segments, finished. pseudo: as for `leading`, of a full segment."""
        count = -(-(len(frame) - cut.header_size) // cut.size)
        lacking = cut.header_size + count * cut.size - len(frame)  # of the last one's payload
        front, length = -cut.at & 3, cut.header_size + cut.size
        rows = self._laid_out(frame, cut, count, lacking)
        if cut.is_tcp:
            first = int.from_bytes(frame[cut.start + 4 : cut.start + 8], "big")
            sequences = self._counted(count) * cut.size + first
            rows.view("<u4")[:, front + cut.start + 4 >> 2] = sequences.byteswap()
        if frame[cut.at] >> 4 == 4:
            self._finish_ipv4(rows, frame, cut, lacking)
        self._finish_transport(rows, cut, lacking, pseudo)
        whole = self._np.ascontiguousarray(rows[:, front : front + length])
        packets: list[bytes] = whole.view(f"V{length}").ravel().tolist()
        if lacking:
            packets[-1] = packets[-1][:-lacking]
        return packets

    def _laid_out(self, frame: memoryview, cut: Cut, count: int, lacking: int) -> Any:
        """Each segment in a row, in which IP starts at a word: headers, then payload, then 0."""
        np, at, start, header_size = self._np, cut.at, cut.start, cut.header_size
        front, length = -at & 3, header_size + cut.size
        width = front + length + 3 & ~3
        if len(self._room) < count * width:
            self._room = np.empty(2 * count * width, dtype=np.uint8)
        rows = self._room[: count * width].reshape(count, width)
        head = bytearray(frame[:header_size])
        for where, value in cut.lengths(head, length):
            head[where : where + 2] = value
        checksum, flags = (start + 16, head[start + 13]) if cut.is_tcp else (start + 6, 0)
        head[checksum : checksum + 2] = bytes(2)
        if cut.is_tcp:
            head[start + 13] = flags & ~(FIN | PSH | CWR)
        rows[:, front : front + header_size] = np.frombuffer(head, dtype=np.uint8)
        payload = np.frombuffer(frame, dtype=np.uint8, offset=header_size)
        full = len(payload) // cut.size
        begin, end = front + header_size, front + length
        rows[:full, begin:end] = payload[: full * cut.size].reshape(full, cut.size)
        rows[:, end:] = 0
        if lacking:
            rows[-1, begin : end - lacking] = payload[full * cut.size :]
            rows[-1, end - lacking :] = 0
            for where, value in cut.lengths(head, length - lacking):
                rows[-1, front + where : front + where + 2] = tuple(value)
        if flags & (FIN | PSH | CWR):
            rows[-1, front + start + 13] |= flags & (FIN | PSH)
            rows[0, front + start + 13] |= flags & CWR
        return rows

    def _finish_ipv4(self, rows: Any, frame: memoryview, cut: Cut, lacking: int) -> None:
        """Ids that count on, and header checksums."""
        at, words = cut.at, rows.view("<u4")
        head = bytearray(rows[0, at + 3 & ~3 :][: cut.start - at])
        ident = int.from_bytes(head[4:6], "big")
        head[4:6] = head[10:12] = bytes(2)
        fragment, lives = int.from_bytes(head[4:8], "big"), int.from_bytes(head[8:12], "big")
        idents = self._counted(len(rows)) + ident & 0xFFFF
        checksums = (2 * 65_535 - int.from_bytes(head, "big") % 65_535 - idents) % 65_535
        if lacking and len(rows) > 1:  # what is computed is of the first one's length
            checksums[-1] = (int(checksums[-1]) + lacking) % 65_535
        first = at + 3 >> 2
        words[:, first + 1] = (idents << 16 | fragment).byteswap()
        words[:, first + 2] = (checksums | lives).byteswap()

    def _finish_transport(self, rows: Any, cut: Cut, lacking: int, pseudo: int) -> None:
        """The checksums of TCP or UDP: of words in little-endian order [RFC 1071]."""
        np, start = self._np, (-cut.at & 3) + cut.start
        totals = np.add.reduce(rows.view("<u4")[:, start >> 2 :], axis=1, dtype=np.uint64)
        totals += np.uint64(pseudo)
        if lacking:
            totals[-1] += np.uint64((65_535 - lacking) * 256)
        checksums = 65_535 - totals % np.uint64(65_535)
        if cut.is_tcp:
            checksums %= 65_535  # in UDP a 0 would say that there is none
        rows.view("<u2")[:, start + (16 if cut.is_tcp else 6) >> 1] = checksums

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
