"""The client's key for tls-crypt is not the server's: not even the first packet can be read.

Like tls-auth, tls-crypt answers nobody without the key: the client times out, and the server's log
alone tells why. What passes on the cable shows nobody what it is about: also the control channel
is encrypted.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("Both ends have tls-crypt, but the client's key is that of another server.")
    stage.inject("wrong-tls-crypt-key")
    stage.start()
    stage.hears(stage.lab.server, "tls-crypt unwrap error: packet authentication failed")
    stage.hears(stage.lab.server, "TLS Error: tls-crypt unwrapping failed from")
    stage.act("The client gets no answer, and knows no more than this:")
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("wrong-tls-crypt-key")
