"""The client speaks TCP, the server UDP: the connection is refused at once, and tried again.

No 60 seconds here: over TCP a port at which nobody listens answers. With a firewall that drops TCP
it would be a timeout of the connection instead.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    stage.act("The client's file says: proto tcp; the server's: proto udp")
    stage.inject("wrong-proto")
    stage.start()
    stage.hears(
        stage.lab.client, re.compile(r"TCP: connect to \[AF_INET\]198\.51\.100\.10:1194 failed.*")
    )
    stage.explains("wrong-proto")
