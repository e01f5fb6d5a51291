"""The client was given the server's address in its own network: nobody on the way knows it.

A server behind a NAT does not know its public address. Who writes the client's file from the
server's own view hands out 10.20.0.1, and the internet has no route to that.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The client's file says: remote 10.20.0.1 1194")
    stage.inject("nat-private-address")
    stage.start()
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("nat-private-address")
    stage.act("The client is given the public address.")
    stage.heal()
    stage.restart(stage.lab.client)
    stage.lab.client.wait_up(20)
    stage.pings("client", "files")
