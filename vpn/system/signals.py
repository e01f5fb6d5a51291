"""Signals as something to wait for: each one becomes a byte in a pipe that the loop reads."""

from __future__ import annotations

import os
import signal
from types import FrameType
from typing import Self

HANDLED = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


class Signals:
    """A context: inside it the handled signals interrupt nothing, they wait in `take`."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._before: dict[int, object] = {}
        self._wakeup_before = -1

    def __enter__(self) -> Self:
        self._wakeup_before = signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)
        for number in HANDLED:
            self._before[number] = signal.signal(number, _ignore)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        signal.set_wakeup_fd(self._wakeup_before)
        os.close(self._reader)
        os.close(self._writer)

    def fileno(self) -> int:
        """Readable when a signal came."""
        return self._reader

    def take(self) -> list[signal.Signals]:
        """The signals since the last call, in order."""
        try:
            numbers = os.read(self._reader, 256)
        except BlockingIOError:
            return []
        return [signal.Signals(number) for number in numbers if number in HANDLED]


def _ignore(_number: int, _frame: FrameType | None) -> None:
    """The wakeup descriptor has it already; a Python handler must be there for that to work."""
