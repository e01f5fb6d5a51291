"""What an end says it has dropped, and why: the counters that our own program prints on SIGUSR2."""

from __future__ import annotations

import re
import signal
from typing import TYPE_CHECKING

from labs.build import DeadlinePassed, wait_for

if TYPE_CHECKING:
    from labs.endpoint import Endpoint

SECONDS = 1.0
DROPPED = re.compile(r"Dropped \((.+)\),(\d+)$", re.MULTILINE)
END = re.compile(r"\bEND$", re.MULTILINE)


def dropped(end: Endpoint) -> dict[str, int]:
    """The counters by name; the stock program has none, nor has one that does not run."""
    process = end.process
    if end.program != "ours" or process is None or not end.is_alive:
        return {}
    before = len(end.log_text())
    seen = ""

    def printed() -> bool:
        """The counters stand behind the end of the statistics: until no more comes."""
        nonlocal seen
        last, seen = seen, end.log_text()[before:]
        return bool(END.search(seen)) and seen == last

    process.send_signal(signal.SIGUSR2)
    try:
        wait_for(printed, SECONDS, f"{end.name} to print its statistics")
    except DeadlinePassed:
        return {}
    return {name: int(count) for name, count in DROPPED.findall(seen)}


def told(end: Endpoint, reason: str) -> tuple[str, ...]:
    """As a line of evidence, if there is anything to say."""
    count = dropped(end).get(reason, 0)
    return (f'{end.name} has dropped {count}: "{reason}"',) if count else ()
