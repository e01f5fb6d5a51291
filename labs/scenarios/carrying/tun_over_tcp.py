"""IP packets over TCP: it passes where only TCP passes, and each packet has its length in front.

A stream has no borders, so each packet is sent behind two bytes with its length. The head of TCP is
larger than UDP's, and what is lost holds up all that comes after it.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.carrying import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "tcp", "tun")
