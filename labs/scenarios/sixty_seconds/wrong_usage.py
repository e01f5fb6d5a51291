"""The server shows a certificate that was issued for a client: the client refuses it.

The authority is right and so is the name. If it were believed, every client could pose as the
server to every other client.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import refused


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The server starts with a certificate that the authority has issued for a client.")
    stage.inject("wrong-usage")
    stage.start()
    stage.hears(
        stage.lab.client,
        "VERIFY ERROR: depth=0, error=unsuitable certificate purpose: CN=server",
    )
    stage.hears(stage.lab.client, "TLS Error: TLS handshake failed")
    stage.hears(stage.lab.server, refused("unsupported certificate"))
    stage.explains("wrong-usage")
