"""The line to the server is cut: the client waits, until the routes lead over the second line.

A tunnel over UDP does not mind which way its packets take. As soon as both directions use the
second line, the client is through.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(topology="two-servers", speed=30)
def play(stage: Stage) -> None:
    stage.act("Line a is cut; all routes still lead there.")
    stage.inject("line-down")
    stage.start()
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("line-down")
    stage.act("The routers fail over: line b, both ways.")
    stage.lab["internet"].add_route("198.51.100.8/29", via="192.0.2.2")
    stage.lab["balancer"].add_route("default", via="198.51.100.11")
    stage.lab.client.wait_up(20)
    stage.pings("client", "files")
