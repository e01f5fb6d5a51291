"""Topology p2p: each client has one address, and a line of its own to the server's.

Like net30 it is a line between two addresses, but the other one is the server's own, so that none
is wasted. Windows can't do it.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.routing import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "p2p", "inet 10.8.0.4 peer 10.8.0.1/32", "10.8.0.1 dev tun0")
