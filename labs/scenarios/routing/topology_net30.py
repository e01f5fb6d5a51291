"""Topology net30: each client has four addresses for itself, of which it can use one.

An old form, for a driver of Windows that knew no other: a network, the client, a server's end that
nobody has, and a broadcast.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.routing import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "net30", "inet 10.8.0.6 peer 10.8.0.5/32", "10.8.0.1 via 10.8.0.5")
