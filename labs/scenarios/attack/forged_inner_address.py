"""A client sends packets in another client's name into its own tunnel; the server drops them.

Inside the tunnel an address belongs to the client that got it, or that has the network behind it
(iroute). The server looks at the sender of each packet that it has opened, so a client with good
keys can't speak for another one, nor for a machine behind the server. The stock server says so at
verb 4, ours counts them.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios import attack
from labs.statistics import dropped

TIMES = 5
STRANGER = "192.0.2.1"
STOCK_SAYS = "MULTI: bad source address from client [{}], packet dropped"


@scenario(topology="two-clients")
def play(stage: Stage) -> None:
    from scapy.layers.inet import ICMP, IP

    lab, server = stage.lab, stage.lab.server
    stage.up("server:verb=4")
    names = (lab.tunnel_address("client-b"), lab.topology.address("server", "server-lan"), STRANGER)
    stage.pings("client-a", "files")
    before, arrived = dropped(server), attack.pings_seen(stage)
    for forged in names:
        stage.act(f"client-a sends {TIMES} pings to files through its tunnel, as {forged}.")
        ping = IP(src=forged, dst=attack.FILES) / ICMP()
        lab["client-a"].send(*[ping] * TIMES)
        if server.program == "openvpn":
            attack.says_so(stage, server, STOCK_SAYS.format(forged), TIMES)
    stage.pings("client-a", "files")
    stage.see("files got the honest ping only", attack.pings_seen(stage) == arrived + 1)
    attack.counted(stage, server, before, {"bad source address from client": len(names) * TIMES})
    stage.pings("client-b", "files")
