"""The client's private key belongs to another certificate: the program does not start.

No packet leaves the node, so a capture shows nothing and the server knows of nothing.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    stage.act("The client's key is one that was made together with somebody else's certificate.")
    stage.inject("key-mismatch")
    stage.start()
    client = stage.lab.client
    stage.hears(
        client, re.compile("the private key does not match the certificate|key values mismatch")
    )
    stage.waits("the program has ended", lambda: not client.is_alive)
    stage.explains("key-mismatch")
