"""The client's NAT restarts and gives the flow another port: the server follows the packets there.

A data packet has the number of its peer in it and is authentic, so the server believes that this
is the same client at a new address: it has floated.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.nat import behind


@scenario()
def play(stage: Stage) -> None:
    stage.act("The client's NAT chooses a random port for each new flow.")
    behind(stage, "symmetric")
    stage.up()
    before = _port_of_the_tunnel(stage)
    stage.act("The NAT restarts: it has forgotten all flows.")
    stage.lab["nat"].forget_flows()
    after = _port_of_the_tunnel(stage)
    stage.see(f"outside, the tunnel moved from port {before} to {after}", before != after)
    stage.pings("files", stage.lab.tunnel_address("client"))
    log = stage.lab.client.log_text()
    stage.see("the client has noticed nothing", log.count("TLS: Initial packet") == 1)


def _port_of_the_tunnel(stage: Stage) -> int:
    """From which port the client's packets come to the internet while it pings."""
    from scapy.layers.inet import UDP

    with stage.lab["internet"].expect(
        lambda packet: UDP in packet and packet[UDP].dport == 1194, "a packet of the tunnel", "eth0"
    ) as seen:
        stage.pings("client", "files")
    return int(seen[-1][UDP].sport)
