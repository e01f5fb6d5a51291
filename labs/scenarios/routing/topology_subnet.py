"""Topology subnet: all clients share one network with the server, as in a LAN.

What servers of 2.7 do when nobody says otherwise. Each client takes one address.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.routing import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "subnet", "inet 10.8.0.2/24", "10.8.0.0/24 dev tun0")
