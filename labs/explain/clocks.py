"""Whose clock is wrong: what the time stamps of a log say, and when they were written.

Both are known of every line: the program stamps it by its own clock, the file's time is the lab's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from labs.endpoint import STAMP
from labs.explain.diagnosis import Diagnosis, Kind

if TYPE_CHECKING:
    from labs.endpoint import Endpoint
    from labs.lab import Lab

FORMAT = "%Y-%m-%d %H:%M:%S"
WRONG = timedelta(days=1)  # less may be a clock that runs faster (--speed)


@dataclass(frozen=True, slots=True)
class Skew:
    """An end whose clock is off, by how much, and a line that shows it."""

    end: str
    off: timedelta
    line: str

    def __str__(self) -> str:
        way = "behind" if self.off < timedelta(0) else "ahead"
        return f"{self.end}'s clock is {round(abs(self.off) / timedelta(days=1))} days {way}"


def skewed(lab: Lab) -> Skew | None:
    """The end whose clock is off furthest, if any is."""
    found = [skew for end in lab.ends if (skew := skew_of(end)) and abs(skew.off) > WRONG]
    return max(found, key=lambda skew: abs(skew.off), default=None)


def skew_of(end: Endpoint) -> Skew | None:
    """How far an end's clock is off; None if it has stamped no line."""
    process = end.process
    if process is None:
        return None
    written = datetime.fromtimestamp(process.log_path.stat().st_mtime)
    for line in reversed(end.log_text().splitlines()):
        if stamp := STAMP.match(line):
            return Skew(end.name, datetime.strptime(stamp[0][:19], FORMAT) - written, line)
    return None


def diagnosis(skew: Skew, words: list[str]) -> Diagnosis:
    """Certificates are blamed for what is the clock's fault."""
    return Diagnosis(
        Kind.IDENTITY,
        "clock-skew",
        f"{skew}, so certificates that are good look as if they were not",
        f"set the clock of {skew.end}",
        node=skew.end,
        evidence=(*words, f"{skew.end} wrote just now: {skew.line}"),
    )
