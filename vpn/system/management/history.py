"""What is shown at once and remembered for later: the log, the states, the echoes.

state on all      switch real time on, and show everything that is remembered
state 3           show the last three
"""

from __future__ import annotations

from collections import deque

from vpn.system.management.commands import END, CommandError


class History:
    """The last lines of one kind; `is_live`: each new one is also a notification."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.is_live = False
        self._lines: deque[str] = deque(maxlen=size)

    @property
    def newest(self) -> list[str]:
        """The last line, if there is any."""
        return list(self._lines)[-1:]

    def add(self, line: str) -> str | None:
        """Remember a line; the notification it comes to, if somebody wants to see it now."""
        self._lines.append(line)
        return f">{self.name.upper()}:{line}" if self.is_live else None

    def command(self, args: tuple[str, ...]) -> list[str]:
        """`[on|off] [N|all]`: the answer."""
        answer = []
        words = list(args)
        if words and words[0] in ("on", "off"):
            word = words.pop(0)
            self.is_live = word == "on"
            answer = [f"SUCCESS: real-time {self.name} notification set to {word.upper()}"]
        if words:
            answer += [*self._last(words[0]), END]
        return answer

    def _last(self, word: str) -> list[str]:
        lines = list(self._lines)
        if word == "all":
            return lines
        if not word.isdecimal():
            raise CommandError(
                f"{self.name} parameter must be 'on' or 'off' or some number n or 'all'"
            )
        return lines[-int(word) :] if int(word) else []
