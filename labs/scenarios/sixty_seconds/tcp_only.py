"""The firewall lets in TCP only, and the VPN speaks UDP: 60 seconds of silence; over TCP it works.

The usual firewall of hotels and offices. The way out is "proto tcp" at both ends, at the price of
a tunnel that carries TCP in TCP.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The firewall lets in TCP to the VPN's port, and drops UDP.")
    stage.inject("tcp-only")
    stage.start()
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("tcp-only")
    stage.act("Both ends are told to use TCP.")
    stage.lab.stop_tunnel()
    stage.up("proto=tcp")
    stage.pings("client", "files")
