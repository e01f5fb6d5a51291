"""A load balancer sends the packets of one handshake to two servers in turn: none gets them all.

Each server knows half of a conversation. What the second one gets belongs to no session of its
own, so it drops it. To the client this is a line that loses every other packet: with luck it comes
through by repeating itself, without luck the 60 seconds are over.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario

PACKETS = 3


@scenario(topology="two-servers", speed=30)
def play(stage: Stage) -> None:
    stage.act("The balancer gives each packet to the next server, whatever flow it is of.")
    stage.inject("balancer-spread")
    stage.start()

    def reached() -> list[int]:
        counts = stage.lab["balancer"].counts()
        return [counts[f"balancer-to-10-30-0-{host}"].packets for host in (11, 12)]

    stage.waits("packets of the client come to both servers", lambda: min(reached()) >= PACKETS)
    stage.note("server-a got {} of them, server-b {}".format(*reached()))
    stage.explains("balancer-spread")
    stage.act("The balancer keeps a flow with one server.")
    stage.heal()
    stage.restart(stage.lab.client)
    stage.lab.client.wait_up(20)
    stage.pings("client", "files")
