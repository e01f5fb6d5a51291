"""A fault: one thing in a lab that is not as it should be, put in by name and taken out again.

    sets         directives that change, as `--set` has them; the ends read them at their next start
    clocks       clocks that are off, as `--clock` has them, from the next start of that end on
    inject       what is changed outside the configuration, in networks and files
    heal         what takes that out again
    restarts     the ends that must start anew to meet it: "client", "server", a node, or none
    shows        whether it can be met yet: `lab break` waits until it is so
    topology     where it can be put in
    way          from where to where packets do not arrive, if not from a client to the lab's target
    is_overcome  the tunnel comes up in spite of it and carries what is sent: no diagnosis is due,
                 as a look of a few seconds can't tell a packet or two that are missing

Whoever looks for the cause (labs/explain/) reads nothing of this.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labs.lab import Lab


def nothing(_lab: Lab) -> None:
    """Change nothing."""


def at_once(_lab: Lab) -> bool:
    """Need nothing more to happen."""
    return True


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, in one line (`says`), and how it is made so."""

    name: str
    says: str
    sets: tuple[str, ...] = ()
    clocks: tuple[str, ...] = ()
    inject: Callable[[Lab], None] = nothing
    heal: Callable[[Lab], None] = nothing
    restarts: tuple[str, ...] = ("client",)
    shows: Callable[[Lab], object] = at_once
    topology: str = "three-lans"
    is_overcome: bool = False
    way: tuple[str, str] | tuple[None, None] = (None, None)
