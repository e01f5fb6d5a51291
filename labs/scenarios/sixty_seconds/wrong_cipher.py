"""No data cipher is common to both ends: all goes well up to the push, then the server refuses.

TLS does not mind, its own ciphers are others. The server finds out when it compares its
data-ciphers with those that the client has told it, and says so to the client: no 60 seconds.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    stage.act("The client has data-ciphers AES-128-GCM, the server data-ciphers AES-256-GCM.")
    stage.inject("wrong-cipher")
    stage.start()
    stage.hears(stage.lab.server, "PUSH: No common cipher between server and client")
    stage.hears(
        stage.lab.client,
        "AUTH_FAILED,Data channel cipher negotiation failed (no shared cipher)",
    )
    stage.explains("wrong-cipher")
