"""Replay protection: a sliding window over packet ids [man: --replay-window].

Before: crypto/aead.py AeadKey.open
After: tunnel/shape.py Shape.packet
"""

from __future__ import annotations

REAP_INTERVAL = 5.0  # the reference ages its window every 5 s


class ReplayWindow:
    """Accepts each packet id once, up to `size` behind the highest and `seconds` late.

    size 0: ids must increase by exactly one, the rule for a transport that keeps order.
    """

    __slots__ = ("_floor", "_highest", "_marks", "_mask", "_seconds", "_seen", "_size")

    def __init__(self, size: int = 64, seconds: float = 15) -> None:
        self._size = size
        self._mask = (1 << size) - 1
        self._seconds = seconds
        self._highest = 0
        self._seen = 0  # bit n: id highest - n was accepted
        self._floor = 0  # ids up to here are too late, wherever the window stands
        self._marks: list[tuple[float, int]] = []  # (time of a batch, highest id after it)

    def accept(self, packet_id: int) -> bool:
        """Is this id new? If so it is marked as seen. Call it after authentication only."""
        ahead = packet_id - self._highest
        if self._size == 0:
            if ahead != 1:
                return False
            self._highest = packet_id
            return True
        if ahead > 0:
            self._seen = (self._seen << ahead | 1) & self._mask if ahead < self._size else 1
            self._highest = packet_id
            return True
        if -ahead >= self._size or packet_id <= self._floor:
            return False
        bit = 1 << -ahead  # only now: an id far behind would make a number of half a gigabyte
        if self._seen & bit:
            return False
        self._seen |= bit
        return True

    def accept_run(self, first: int, count: int) -> bool:
        """Are that many ids from `first` on beyond all before? If so they are marked, else none."""
        ahead, last = first - self._highest, first + count - 1
        if ahead <= 0 or (self._size == 0 and ahead != 1):
            return False
        if last - self._highest < self._size:
            self._seen = (self._seen << ahead + count - 1 | (1 << count) - 1) & self._mask
        else:
            self._seen = (1 << min(count, self._size)) - 1
        self._highest = last
        return True

    def age(self, now: float, last: float | None) -> None:
        """Close the window for ids older than `seconds`. Call it now and then before a batch.

        last: when the batch before this one came. What is the highest id now was so at the latest
        then.
        """
        marks = self._marks
        if last is not None and (not marks or now - marks[-1][0] >= REAP_INTERVAL):
            marks.append((last, self._highest))
        while marks and now - marks[0][0] >= self._seconds:
            self._floor = max(self._floor, marks.pop(0)[1])


class TimedReplayWindow:
    """Packet ids of the long form, with a unix time: a later time starts anew."""

    __slots__ = ("_seconds", "_size", "_time", "_window")

    def __init__(self, size: int = 64, seconds: float = 15) -> None:
        self._size = size
        self._seconds = seconds
        self._time = 0
        self._window = ReplayWindow(size, seconds)

    def accept(self, timestamp: int, packet_id: int) -> bool:
        """Is this pair new? A time before the last one never is."""
        if packet_id == 0 or timestamp < self._time:
            return False
        if timestamp > self._time:
            self._time = timestamp
            self._window = ReplayWindow(self._size, self._seconds)
        return self._window.accept(packet_id)

    def age(self, now: float, last: float | None) -> None:
        """Close the window for what is late."""
        self._window.age(now, last)


class LongReplayWindow:
    """The same for the data channel, which has one number: the time in the upper half."""

    __slots__ = ("_window", "age")

    def __init__(self, size: int = 64, seconds: float = 15) -> None:
        self._window = TimedReplayWindow(size, seconds)
        self.age = self._window.age

    def accept(self, packet_id: int) -> bool:
        """Is this id new? A time before the last one never is."""
        return self._window.accept(packet_id >> 32, packet_id & 0xFFFFFFFF)

    def accept_run(self, first: int, count: int) -> bool:
        """Never asked: the keys with such ids open one by one."""
        return False
