"""Why is this tunnel not up, why does this packet not arrive: the cause in words, with its proof.

Evidence only: what the ends' logs say, what the rules of firewalls and NATs counted, what is seen
on the cables when the client's first words are said once more, and where a ping gets lost. Which
fault somebody put in (labs/faults/) is not looked at.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from labs.build import DeadlinePassed, wait_for
from labs.errors import LabError
from labs.explain import devices, flow, keys, path, said
from labs.explain.diagnosis import HEALTHY, Diagnosis, Kind

if TYPE_CHECKING:
    from labs.endpoint import Endpoint
    from labs.lab import Lab

PINGS = 3
SECONDS = 4.5  # the answer is due by then

__all__ = ["HEALTHY", "Diagnosis", "Kind", "explain"]


def explain(lab: Lab, source: str | None = None, target: str | None = None) -> Diagnosis:
    """Look for the cause; without source and target: from a client to the lab's target.

    The client is the first whose tunnel is not up, or the first of all.
    """
    client = _client(lab, source)
    ends = [*lab.servers, client]
    source = source or client.name
    target = target or lab.topology.vpn.target
    until = time.monotonic() + SECONDS
    if all(end.state == "up" for end in ends):
        # What the target sends comes first: a NAT on the client's side learns from the other way.
        ways = ((target, _tunnel_address(lab, source)), (source, _address(lab, target)))
        lost = next((way for way in ways if all(way) and not _arrives(lab, *way)), None)
        if lost is None:
            return HEALTHY
        if found := flow.lost(lab, *lost):
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


def _address(lab: Lab, target: str) -> str:
    return lab.topology.address(target) if target in lab.nodes else target


def _tunnel_address(lab: Lab, source: str) -> str:
    """Where an end is reached inside the tunnel; nothing if the source is no end."""
    try:
        return lab.tunnel_address(source)
    except LabError:
        return ""


def _arrives(lab: Lab, source: str, address: str) -> bool:
    """Does each ping come back?"""
    argv = ["ping", "-n", "-q", "-c", str(PINGS), "-i", "0.2", "-W", "1", address]
    return f", {PINGS} received" in lab.run(source, argv, check=False).stdout


def _unknown(lab: Lab) -> Diagnosis:
    words = tuple(f"{end.name} says: {end.last_words()}" for end in lab.ends)
    return Diagnosis(
        Kind.UNKNOWN, "unknown", "something is wrong, and nothing seen tells what", evidence=words
    )
