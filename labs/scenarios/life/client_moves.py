"""The client gets another address while the tunnel is up: the server follows it, no flow ends.

As when a laptop leaves the cable for the radio. A data packet is authentic and has the number of
its peer in it, so the server takes the new address for the old client: it has floated.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario

OLD, NEW = "192.168.50.10", "192.168.50.77"
FLOATED = re.compile(r"peer \d+ .*floated.*", re.IGNORECASE)


@scenario(howto=(15,))
def play(stage: Stage) -> None:
    lab, client = stage.lab, stage.lab["client"]
    stage.up("server:verb=4")  # a stock server tells of it from 4 on
    stage.pings("client", "files")
    inner = lab.tunnel_address("client")
    stage.act(f"The client's address changes from {OLD} to {NEW}.")
    client.remove_address("eth0", f"{OLD}/24")
    client.add_address("eth0", f"{NEW}/24")
    client.add_route("default", via="192.168.50.1")
    stage.pings("client", "files")
    stage.hears(lab.server, FLOATED)
    stage.see(f"inside the tunnel it is still {inner}", lab.tunnel_address("client") == inner)
    stage.pings("files", inner)
    handshakes = lab.client.log_text().count("TLS: Initial packet")
    stage.see("no second handshake was needed", handshakes == 1, handshakes)
