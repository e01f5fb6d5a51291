"""The client wants TLS 1.3, the server has TLS 1.2 at most: the handshake ends with its first word.

The server's log names the cause. The client hears an alert, if the server's program sends it on;
else it waits for the 60 seconds.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import refused


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The client has tls-version-min 1.3, the server tls-version-max 1.2.")
    stage.inject("wrong-tls-version")
    stage.start()
    stage.hears(stage.lab.server, re.compile("OpenSSL: .*unsupported protocol"))
    stage.hears(stage.lab.server, "TLS Error: TLS handshake failed")
    stage.hears(stage.lab.client, refused("protocol version"))
    stage.explains("wrong-tls-version")
