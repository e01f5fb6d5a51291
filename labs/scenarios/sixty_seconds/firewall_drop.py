"""A firewall drops the VPN's port: the client asks, hears nothing, and gives up after 60 seconds.

Nothing comes back, not even an error, so the client can't tell this from a server that is off or
an address that is wrong. Only the way itself tells: the client's packets reach the firewall and
leave it no more.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The firewall in front of the server opens no port; the client starts.")
    stage.inject("firewall-drop")
    stage.start()
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    dropped = stage.lab["firewall"].counts()["forward-default"].packets
    stage.see(f"the firewall's last rule has dropped {dropped} packets", dropped > 0)
    stage.explains("firewall-drop")
