"""What the ends' own logs say: sentences of either program that name a cause.

A sentence is taken only from the last attempt, so that what is over is not blamed again: of a
client's log what follows its last start of a connection, of the server's what follows the moment
when the client was let in last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from labs.endpoint import TROUBLE
from labs.explain import clocks
from labs.explain.diagnosis import Diagnosis
from labs.explain.sayings import DATES, SAYINGS, Saying

if TYPE_CHECKING:
    from labs.endpoint import Endpoint
    from labs.lab import Lab

LET_IN = "SENT CONTROL [{client}]: 'PUSH_REPLY"


def told(lab: Lab, client: Endpoint, ends: Iterable[Endpoint] | None = None) -> Diagnosis | None:
    """The cause that a log names, this client's or a server's; `ends`: only these logs count."""
    everybody = [*lab.servers, client]
    is_up = all(end.state == "up" for end in everybody)
    for saying in SAYINGS:
        if is_up and not saying.while_up:
            continue  # it was said of somebody else
        for end in everybody if ends is None else ends:
            if end.role in saying.roles and (line := _last(recent(end, client), saying.line)):
                return _diagnosis(lab, saying, end, client, line)
    return None


def recent(end: Endpoint, client: Endpoint) -> list[str]:
    """The lines that belong to what the client tries now."""
    lines = end.last_attempt()
    if end.role == "server":
        entered = LET_IN.format(client=client.name)
        for place in range(len(lines) - 1, -1, -1):
            if entered in lines[place]:
                return lines[place + 1 :]
    return lines


def _last(lines: list[str], pattern: str) -> str | None:
    wanted = re.compile(pattern)
    for line in reversed(lines):
        if wanted.search(line):
            return line
    return None


def _diagnosis(lab: Lab, saying: Saying, end: Endpoint, client: Endpoint, line: str) -> Diagnosis:
    words = [f"{end.name} says: {line}"]
    for other in [*lab.servers, client]:
        telling = [one for one in recent(other, client) if TROUBLE.search(one)]
        if other.name != end.name and telling:
            words.append(f"{other.name} says: {telling[-1]}")
    if saying.cause in DATES and (skew := clocks.skewed(lab)):
        return clocks.diagnosis(skew, words)
    return Diagnosis(
        saying.kind, saying.cause, saying.sentence, saying.fix, node=end.name, evidence=tuple(words)
    )
