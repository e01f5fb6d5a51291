"""No VPN runs on the server: its host answers "port unreachable", and the client goes on asking.

When the server is back the client finds it by itself: it needs nobody to start it again.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.up()
    stage.act("The server is ended, and the client started anew.")
    stage.inject("server-down")
    stage.restart(stage.lab.client)
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("server-down")
    stage.act("The server is started.")
    stage.heal()
    stage.lab.client.wait_up(20)
    stage.pings("client", "files")
