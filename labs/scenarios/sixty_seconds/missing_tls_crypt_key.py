"""The server wants tls-crypt and the client has none: its first packet is too short to be wrapped.

The server answers nothing, so the client's log has the 60 seconds only.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The server has tls-crypt; the client's configuration lacks the line.")
    stage.inject("missing-tls-crypt-key")
    stage.start()
    stage.hears(stage.lab.server, "tls-crypt unwrap error: packet too short")
    stage.act("The client gets no answer, and knows no more than this:")
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("missing-tls-crypt-key")
