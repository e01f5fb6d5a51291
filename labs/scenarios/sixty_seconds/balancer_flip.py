"""A load balancer moves the flow to the second server in mid-handshake, which knows nothing of it.

The first packet is answered, so the client has seen the server: its log has "Initial packet from"
and then the 60 seconds.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(topology="two-servers", speed=30)
def play(stage: Stage) -> None:
    stage.act("The balancer gives a flow's first packet to server-a, and all others to server-b.")
    stage.inject("balancer-flip")
    stage.start()
    stage.hears(stage.lab.client, "TLS: Initial packet from")
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    moved = stage.lab["balancer"].counts()["balancer-flipped"].packets
    stage.see(f"the balancer moved {moved} packets to server-b", moved > 0)
    stage.explains("balancer-flip")
