"""Two clients with the same address behind two NATs: the server tells them apart, and so can all.

Both are 192.168.50.10 at home. Outside, each has its NAT's address; inside the tunnel each is given
one of its own, by which even the two reach each other.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario


@scenario(topology="two-clients")
def play(stage: Stage) -> None:
    homes = [stage.lab.topology.address(client.name) for client in stage.lab.clients]
    stage.see(f"both clients are {homes[0]} at home", len(set(homes)) == 1, homes)
    stage.up()
    tunnel = {client.name: stage.lab.tunnel_address(client.name) for client in stage.lab.clients}
    for name, address in tunnel.items():
        stage.note(f"{name} is {address} in the tunnel")
        stage.pings(name, "files")
        stage.pings("files", address)
    stage.see("their addresses in the tunnel differ", len(set(tunnel.values())) == 2, tunnel)
    first, second = tunnel
    stage.pings(first, tunnel[second])
