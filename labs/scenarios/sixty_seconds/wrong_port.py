"""The client asks at port 1195, the server listens at 1194: the firewall knows the port as little.

One digit in a file. A port that nobody has opened looks like a firewall that drops; what tells
them apart is at which port the server listens.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The client's file says: remote 198.51.100.10 1195")
    stage.inject("wrong-port")
    stage.start()
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    dropped = stage.lab["firewall"].counts()["forward-default"].packets
    stage.see(f"the firewall dropped {dropped} packets to a port it does not know", dropped > 0)
    stage.explains("wrong-port")
