"""The server wants tls-auth and the client has none: its packets carry no HMAC, and are dropped.

The server answers nothing, so the client's log has the 60 seconds only. The server's log tells
it from a wrong key: there is no HMAC at all.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The server has tls-auth ta.key 0; the client's configuration lacks the line.")
    stage.inject("missing-ta-key")
    stage.start()
    stage.hears(stage.lab.server, "TLS Error: cannot locate HMAC in incoming packet from")
    stage.act("The client gets no answer, and knows no more than this:")
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("missing-ta-key")
