"""The client's ta.key is not the server's: the server drops its packets and answers nothing.

That is what tls-auth is for: who has not the key is not even told that somebody listens. So the
client's log has the 60 seconds only, and the reason stands in the server's.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("Both ends have tls-auth, but the client's ta.key is that of another server.")
    stage.inject("wrong-ta-key")
    stage.start()
    stage.hears(
        stage.lab.server, "Authenticate/Decrypt packet error: packet HMAC authentication failed"
    )
    stage.hears(stage.lab.server, "TLS Error: incoming packet authentication failed from")
    stage.act("The client gets no answer, and knows no more than this:")
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("wrong-ta-key")
