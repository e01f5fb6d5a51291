"""Why is this tunnel not up, why does this packet not arrive: the cause in words, with its proof.

Evidence only: what the ends' logs say, what the rules of firewalls and NATs counted, what is seen
on the cables when the client's first words are said once more, and where a ping gets lost. Which
fault somebody put in (labs/faults/) is not looked at.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from labs.build import DeadlinePassed, wait_for
from labs.explain import devices, flow, inside, keys, path, said, ways
from labs.explain.diagnosis import HEALTHY, Diagnosis, Kind

if TYPE_CHECKING:
    from labs.endpoint import Endpoint
    from labs.lab import Lab

SECONDS = 4.5  # the answer is due by then

__all__ = ["HEALTHY", "Diagnosis", "Kind", "explain"]


def explain(lab: Lab, source: str | None = None, target: str | None = None) -> Diagnosis:
    """Look for the cause; without source and target: between the clients and the lab's target.

    If a tunnel is not up, the client is the one whose tunnel it is, or the source.
    """
    client = _client(lab, source)
    ends = [*lab.servers, client]
    until = time.monotonic() + SECONDS
    if found := inside.stopped(lab) or inside.without_address(lab):
        return found
    if all(end.state == "up" for end in ends):
        lost = ways.lost(lab, source, target)
        if lost is None:
            return flow.large_lost(lab, source, target) or HEALTHY
        if found := inside.lost(lab, *lost) or flow.lost(lab, lost.source, lost.address):
            return found
    if found := said.told(lab, client, [end for end in ends if not end.is_alive]):
        return found
    asked = path.probe(lab, client)
    found = keys.refused(lab, asked)
    if found is None and asked.was_possible:
        found = path.broken(lab, asked)
    return (
        found
        or said.told(lab, client)
        or devices.different(lab.server, client)
        or _later(lab, client, until)
        or _unknown(lab)
    )


def _client(lab: Lab, source: str | None) -> Endpoint:
    for client in lab.clients:
        if client.name == source or (source is None and client.state != "up"):
            return client
    return lab.client


def _later(lab: Lab, client: Endpoint, until: float) -> Diagnosis | None:
    """The ends may be about to say it, if they have only just begun to connect."""
    if client.state == "up":
        return None
    left = max(0.0, until - time.monotonic())
    try:
        return wait_for(lambda: said.told(lab, client), left, "an end to tell the cause")
    except DeadlinePassed:
        return None


def _unknown(lab: Lab) -> Diagnosis:
    words = tuple(f"{end.name} says: {end.last_words()}" for end in lab.ends)
    return Diagnosis(
        Kind.UNKNOWN, "unknown", "something is wrong, and nothing seen tells what", evidence=words
    )
