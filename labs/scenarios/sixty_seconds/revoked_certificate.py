"""The client's certificate is on the server's revocation list: it is refused in mid-handshake.

The certificate itself says nothing of it: only a server with crl-verify and the list knows.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import refused


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The server gets crl-verify with a list on which the client's certificate stands.")
    stage.inject("revoked-certificate")
    stage.start()
    stage.hears(stage.lab.server, "VERIFY ERROR: depth=0, error=certificate revoked: CN=client")
    stage.hears(stage.lab.client, refused("certificate revoked"))
    stage.explains("revoked-certificate")
