"""What a running end says of itself when it is asked by SIGUSR2 [man: SIGNALS]."""

from __future__ import annotations

import re
import signal
import time
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING

from labs.build import DeadlinePassed, wait_for

if TYPE_CHECKING:
    from labs.endpoint import Endpoint

ASKED_AGAIN = 1.0  # seconds: the stock program forgets a signal that comes while it answers another
PRINTED = re.compile(r"OpenVPN (?:STATISTICS|CLIENT LIST)$.*?\bEND$", re.MULTILINE | re.DOTALL)
DROPPED = re.compile(r"Dropped \((.+)\),(\d+)$", re.MULTILINE)


def printed(end: Endpoint, seconds: float = 10.0) -> str:
    """The statistics that an end prints now, whole; DeadlinePassed if it prints none."""
    process = end.process
    assert process is not None
    before, asked = len(end.log_text()), -ASKED_AGAIN

    def seen() -> re.Match[str] | None:
        nonlocal asked
        if time.monotonic() - asked >= ASKED_AGAIN:
            asked = time.monotonic()
            process.send_signal(signal.SIGUSR2)
        return PRINTED.search(end.log_text(), before)

    found = wait_for(seen, seconds, f"{end.name} to print its statistics")
    assert found is not None
    return found[0]


def dropped(end: Endpoint, seconds: float = 10.0) -> Counter[str]:
    """How many packets an end has dropped so far, by reason; the stock program tells none."""
    found = DROPPED.findall(printed(end, seconds)) if end.program == "ours" else []
    return Counter({reason: int(count) for reason, count in found})


def evidence_of_drops(end: Endpoint, reason: str) -> tuple[str, ...]:
    """That an end has dropped packets for a reason, as a line, if it runs and has."""
    count = 0
    if end.program == "ours" and end.is_alive:
        with suppress(DeadlinePassed):
            count = dropped(end, 1.0)[reason]
    return (f'{end.name} has dropped {count}: "{reason}"',) if count else ()
