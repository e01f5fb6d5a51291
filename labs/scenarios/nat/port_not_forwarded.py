"""The server is behind a NAT that forwards nothing: what comes for it ends there, for 60 seconds.

The most usual mistake at home. The client's packets reach the right address, and the router that
has it knows nobody inside who would want them.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(topology="server-behind-nat", speed=30)
def play(stage: Stage) -> None:
    stage.act("The NAT in front of the server forwards no port.")
    stage.inject("port-not-forwarded")
    stage.start()
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("port-not-forwarded")
    stage.act("The port is forwarded.")
    stage.heal()
    stage.restart(stage.lab.client)
    stage.lab.client.wait_up(20)
    stage.pings("client", "files")
