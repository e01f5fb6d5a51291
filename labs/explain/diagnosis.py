"""What `lab explain` says in the end: one cause, where it sits, and what proves it.

The exit code of `lab explain` is the class of the cause.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import IntEnum
from typing import Any


class Kind(IntEnum):
    """The classes of causes; 1 and 2 are kept for errors and for wrong usage."""

    NOTHING = 0  # nothing wrong found
    PROGRAM = 10  # a VPN does not run
    PATH = 11  # packets do not get from one end to the other
    WRAP = 12  # the keys of the control channel: tls-auth, tls-crypt
    IDENTITY = 13  # certificates, authorities, passwords
    SETTINGS = 14  # the two ends are configured differently
    ROUTING = 15  # the tunnel stands, the packet takes another way
    SIZE = 16  # small packets pass, large ones do not
    UNKNOWN = 20  # something is wrong, and nothing that was seen says what


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The cause in a word and in a sentence.

    node, rule, packet   where it happened: the node, the rule of its firewall or NAT, the packet
    evidence             what was seen, in the order of importance
    """

    kind: Kind
    cause: str
    sentence: str
    fix: str = ""
    node: str = ""
    rule: str = ""
    packet: str = ""
    evidence: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "kind": self.kind.name.lower(), "exit_code": int(self.kind)}


HEALTHY = Diagnosis(Kind.NOTHING, "nothing", "nothing wrong found")
