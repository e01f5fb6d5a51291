"""The server's certificate is valid from next month on: the client refuses it in mid-handshake.

The client's log names the cause and doubts its own clock, too: which of the two it is, `lab
explain` tells by the stamps of the logs.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import refused


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The server starts with a certificate that will be valid in 30 days.")
    stage.inject("not-yet-valid-certificate")
    stage.start()
    stage.hears(
        stage.lab.client,
        re.compile("VERIFY ERROR: depth=0, error=certificate is not yet valid.*: CN=server"),
    )
    stage.hears(stage.lab.server, refused("bad certificate"))
    stage.explains("not-yet-valid-certificate")
