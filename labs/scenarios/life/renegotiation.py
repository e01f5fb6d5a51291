"""New keys every second under a flow of pings in both directions: not one of them is lost.

A renegotiation is a whole TLS handshake beside the traffic. The old keys are kept until everything
that was sealed with them has arrived.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.traffic import Pinging

PINGS = 300
INTERVAL = 0.01
NEGOTIATED = "Control Channel: TLS"


@scenario()
def play(stage: Stage) -> None:
    stage.up("client:reneg-sec=1", "server:reneg-sec=0")
    lab = stage.lab
    before = lab.server.log_text().count(NEGOTIATED)
    there, back = lab.topology.address("files"), lab.tunnel_address("client")
    with (
        Pinging(lab["client"], there, PINGS, INTERVAL) as out,
        Pinging(lab["files"], back, PINGS, INTERVAL) as home,
    ):
        sent = [out.result(), home.result()]
    times = lab.server.log_text().count(NEGOTIATED) - before
    stage.see(f"meanwhile the ends negotiated {times} times", times >= 2, times)
    lost = sum(one.lost for one in sent)
    stage.see(f"of {sum(one.sent for one in sent)} pings {lost} were lost", lost == 0)
