"""What the ends' own logs say: sentences of either program that name a cause.

A sentence is taken only from the last attempt, so that what is over is not blamed again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labs.explain.diagnosis import Diagnosis, Kind

if TYPE_CHECKING:
    from labs.endpoint import Endpoint
    from labs.lab import Lab


@dataclass(frozen=True, slots=True)
class Saying:
    """A line that one of the ends (`role`) writes, and what it proves."""

    role: str
    line: str  # a regular expression
    kind: Kind
    cause: str
    sentence: str
    fix: str


# The first that is found wins: the more telling ones stand first.
SAYINGS = (
    Saying(
        "client",
        r"VERIFY ERROR: .*error=(unable to get (local )?issuer certificate|self.signed cert)",
        Kind.IDENTITY,
        "wrong-ca",
        "the client does not trust the authority that signed the server's certificate",
        "give the client the ca.crt of the server's authority",
    ),
)


def told(lab: Lab) -> Diagnosis | None:
    """The cause that a log names."""
    for saying in SAYINGS:
        ends = [end for end in lab.ends if end.role == saying.role]
        for end in ends:
            if line := _last(end, saying.line):
                return Diagnosis(
                    saying.kind,
                    saying.cause,
                    saying.sentence,
                    saying.fix,
                    node=end.name,
                    evidence=(f"{end.name} says: {line}",),
                )
    return None


def _last(end: Endpoint, pattern: str) -> str | None:
    wanted = re.compile(pattern)
    for line in reversed(end.last_attempt()):
        if wanted.search(line):
            return line
    return None
