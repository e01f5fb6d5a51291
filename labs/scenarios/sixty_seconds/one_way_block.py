"""The client's packets arrive and the server's answers do not: to the client it looks like silence.

The server's log is the one to read here: it has heard of the client, again and again.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import SIXTY_SECONDS


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The firewall lets the client's packets in, and drops what comes from port 1194.")
    stage.inject("one-way-block")
    stage.start()
    stage.hears(stage.lab.client, SIXTY_SECONDS)
    counts = stage.lab["firewall"].counts()
    arrived, dropped = counts["open-udp-1194"].packets, counts["no-answers"].packets
    stage.see(f"the firewall let in {arrived} packets that began a flow", arrived > 0)
    stage.see(f"and dropped {dropped} answers by its rule no-answers", dropped > 0)
    stage.explains("one-way-block")
