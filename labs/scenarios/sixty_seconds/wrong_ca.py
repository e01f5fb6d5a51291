"""The client trusts another authority: it refuses the server's certificate in mid-handshake.

The line that names the cause stands before any about 60 seconds, and in the client's log only: the
server hears an alert at most, or waits for the 60 seconds.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import refused


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The client's ca.crt is that of an authority which has signed nothing here.")
    stage.inject("wrong-ca")
    stage.start()
    stage.hears(stage.lab.client, re.compile(r"VERIFY ERROR: depth=\d, error=.*certificate"))
    stage.hears(stage.lab.server, refused("unknown ca"))
    stage.explains("wrong-ca")
