"""The client waits for a server of another name: verify-x509-name refuses the one that answers.

Authority, dates and usage of the certificate are right; the name is that of another server.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import refused


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act('The client has verify-x509-name another name; the server is "server".')
    stage.inject("wrong-name")
    stage.start()
    stage.hears(
        stage.lab.client, re.compile("VERIFY X509NAME ERROR: (CN=)?server, must be another")
    )
    stage.hears(stage.lab.client, "TLS Error: TLS handshake failed")
    stage.hears(stage.lab.server, refused("internal error"))
    stage.explains("wrong-name")
