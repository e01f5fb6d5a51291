"""Two lines, and the answers take the other one: its firewall has not seen the flow begin.

A stateful firewall lets out answers to what it has let in. By the second line come answers to
questions that went through the first, and are dropped there.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(topology="two-servers", speed=30)
def play(stage: Stage) -> None:
    stage.act("What leaves the servers takes line b; what comes in takes line a.")
    stage.inject("asymmetric-route")
    stage.start()
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    dropped = stage.lab["firewall-b"].counts()["forward-default"].packets
    stage.see(f"firewall-b dropped {dropped} answers to what it has not seen", dropped > 0)
    stage.explains("asymmetric-route")
