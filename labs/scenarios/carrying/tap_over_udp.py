"""Ethernet frames over UDP: the two ends are in one network, as by a cable.

Inside is a whole frame, fourteen bytes longer than the IP packet in it; and the two ends ask for
each other's hardware address first.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.carrying import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "udp", "tap")
