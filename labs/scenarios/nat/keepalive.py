"""A NAT forgets a flow that is silent: without keepalive the server loses its client, with it not.

The client can always begin anew: its next packet opens another mapping. It is the way from the
server to the client that dies, and nobody notices until somebody calls from there.
"""

from __future__ import annotations

from labs.faults.lines import forgetful
from labs.scenario import Stage, scenario

PINGS = 6  # at thirty times the speed a ping of `keepalive 10 60` goes every third of a second


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The client's NAT forgets after a second of silence, and there is no keepalive.")
    forgetful(stage.lab)
    stage.up("server:-keepalive", "client:ping-restart=0")
    address = stage.lab.tunnel_address("client")
    stage.pings("files", address)
    nat = stage.lab["nat"]
    stage.waits("the NAT has forgotten the flow", lambda: not nat.count_flows())
    stage.cannot_ping("files", address)
    stage.explains("nat-timeout")
    stage.act("The same with keepalive 10 60.")
    stage.lab.stop_tunnel()
    stage.up("server:keepalive=10 60")
    before = nat.counts()["nat-established"].packets

    def since() -> int:
        return nat.counts()["nat-established"].packets - before

    stage.waits(f"{PINGS} packets have kept the mapping alive", lambda: since() >= PINGS)
    stage.pings("files", address)
