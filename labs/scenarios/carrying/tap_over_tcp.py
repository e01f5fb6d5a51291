"""Ethernet frames over TCP: a long cable through a firewall that knows TCP only.

The heads of the frame and of TCP add up: this is the tunnel that costs most.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.carrying import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "tcp", "tap")
