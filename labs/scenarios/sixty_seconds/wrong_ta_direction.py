"""Both ends use ta.key in direction 0: the key is right, and still no packet is believed.

The file holds a key for each way. The server says 0 and the client 1, so that what one end signs
with the other checks with. Either log says the same as of a wrong key; to tell them apart,
`lab explain` asks once more with the direction turned, and is answered.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The client's line is a copy of the server's: tls-auth ta.key 0.")
    stage.inject("wrong-ta-direction")
    stage.start()
    stage.hears(
        stage.lab.server, "Authenticate/Decrypt packet error: packet HMAC authentication failed"
    )
    stage.act("The client gets no answer, and knows no more than this:")
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    stage.explains("wrong-ta-direction")
    stage.act("The direction is turned: tls-auth ta.key 1.")
    stage.lab.client.stop()
    stage.heal()
    stage.change("server:tls-auth=ta.key 0", "client:tls-auth=ta.key 1")
    stage.lab.client.start()
    stage.lab.client.wait_up(20.0)
    stage.pings("client", "files")
