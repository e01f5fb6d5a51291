"""Why is this tunnel not up, why does this packet not arrive: the cause in words, with its proof.

Evidence only: what the ends' logs say, what the rules of firewalls and NATs counted, what is seen
on the cables when the client's first words are said once more, and where a ping gets lost. Which
fault somebody put in (labs/faults/) is not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.explain import path, said
from labs.explain.diagnosis import HEALTHY, Diagnosis, Kind

if TYPE_CHECKING:
    from labs.lab import Lab

__all__ = ["HEALTHY", "Diagnosis", "Kind", "explain"]


def explain(lab: Lab, source: str | None = None, target: str | None = None) -> Diagnosis:
    """Look for the cause; without source and target: from the first client to the lab's target."""
    source = source or lab.topology.vpn.clients[0]
    target = target or lab.topology.vpn.target
    if lab.status().is_up and _arrives(lab, source, target):
        return HEALTHY
    asked = path.probe(lab, lab.client)
    return path.broken(lab, asked) or said.told(lab) or _unknown(lab)


def _arrives(lab: Lab, source: str, target: str) -> bool:
    """Does a ping come back?"""
    address = lab.topology.address(target) if target in lab.nodes else target
    argv = ["ping", "-n", "-q", "-c", "2", "-i", "0.2", "-w", "1", address]
    return lab.run(source, argv, check=False).returncode == 0


def _unknown(lab: Lab) -> Diagnosis:
    words = tuple(f"{end.name} says: {end.last_words()}" for end in lab.ends)
    return Diagnosis(
        Kind.UNKNOWN, "unknown", "something is wrong, and nothing seen tells what", evidence=words
    )
