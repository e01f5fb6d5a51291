"""The clocks of the VPN programs in a lab: how fast they run, and how far one of them is off.

Nothing in a program knows of it: libfaketime, which is preloaded, tells it another time than the
kernel does, and divides by the speed what it waits. Files keep their real times: Python would
compile anew what seems to be of another age.

All programs of a lab have one clock, whenever they are started: it showed the real time when the
lab began, and runs `speed` times as fast. A shift puts the clock of one end off from there.
"""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from glob import glob

from labs.errors import LabError

PACKAGE = "libfaketime"
LIBRARY = "libfaketimeMT.so.1"  # our own program has threads; the other one doesn't mind
PLACES = (
    "/usr/lib/*/faketime",
    "/usr/lib64/faketime",
    "/usr/lib/faketime",
    "/usr/local/lib/faketime",
)

SLOWEST, FASTEST = 1, 100

# [END=]+400d: the sign says in which direction.
FORM = re.compile(r"(?:([A-Za-z0-9][A-Za-z0-9_-]*)=)?([+-]\d+(?:\.\d+)?)([smhdy]?)", re.ASCII)
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400, "y": 365 * 86_400}
MOST_YEARS = 50  # so far back there is no time before 1970


def library() -> str | None:
    """Where the library is; None when it is not installed."""
    for place in PLACES:
        for path in sorted(glob(f"{place}/{LIBRARY}")):
            return path
    return None


def checked_speed(speed: float) -> float:
    """A speed that programs stand: at a hundred times, a second of their time is 10 ms."""
    if not SLOWEST <= speed <= FASTEST:  # which a NaN is not, either
        raise LabError(f"--speed {speed:g}", f"speed must be {SLOWEST}..{FASTEST}")
    return speed


@dataclass(frozen=True, slots=True)
class Shift:
    """One `--clock`: how far an end's clock is off, in seconds; ahead if positive."""

    text: str
    seconds: float
    end: str | None = None  # "client" or "server", or a node; None: all

    @classmethod
    def parse(cls, text: str) -> Shift:
        """Read [END=]SHIFT: client=+400d, -90m."""
        found = FORM.fullmatch(text)
        if found is None:
            raise LabError(f'--clock "{text}"', fix="write [END=]+400d, or -2h, -90m, +30s, +1y")
        seconds = float(found[2]) * UNITS[found[3]]
        if abs(seconds) > MOST_YEARS * UNITS["y"]:
            raise LabError(f"--clock {text}", f"at most {MOST_YEARS} years")
        return cls(text, seconds, found[1])

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Clock:
    """What time it is for one program, whose lab began at `began` (of CLOCK_BOOTTIME)."""

    speed: float = 1.0
    shift: float = 0.0
    began: float = 0.0

    @property
    def is_real(self) -> bool:
        return self.speed == 1 and self.shift == 0

    @property
    def ahead(self) -> float:
        """How far it is ahead of the real time now, in seconds."""
        age = time.clock_gettime(time.CLOCK_BOOTTIME) - self.began
        return (self.speed - 1) * age + self.shift

    def environment(self, given: Mapping[str, str]) -> dict[str, str]:
        """An environment in which a program that starts now has this clock."""
        if self.is_real:
            return dict(given)
        path = library()
        if path is None:
            raise LabError(PACKAGE, *missing())
        preloaded = ":".join(filter(None, (path, given.get("LD_PRELOAD"))))
        return {
            **{name: value for name, value in given.items() if "FAKETIME" not in name},
            "LD_PRELOAD": preloaded,
            "FAKETIME": f"{self.ahead:+.3f} x{self.speed:g}",
            "NO_FAKE_STAT": "1",
        }


def missing() -> tuple[str, str]:
    """What to say when the library is not there: the reason, and the fix."""
    return "is not installed; --speed and --clock need it", f"sudo apt install {PACKAGE}"
