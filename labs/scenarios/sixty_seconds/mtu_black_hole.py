"""Small packets pass and large ones vanish: the handshake begins, and stops at the certificates.

The first packets of a handshake are small. The server's certificate fills packets to their limit,
and a router that drops those without an ICMP error leaves both ends waiting.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The firewall drops what is larger than 1000 bytes, and says nothing.")
    stage.inject("mtu-black-hole")
    stage.start()
    stage.hears(stage.lab.client, "TLS: Initial packet from")
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    dropped = stage.lab["firewall"].counts()["too-large"].packets
    stage.see(f"the firewall's rule too-large has taken {dropped} packets", dropped > 0)
    stage.explains("mtu-black-hole")
