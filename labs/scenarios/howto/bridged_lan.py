"""Bridged: the client is in the server's LAN, with an address of it, and hears its hosts directly.

Routed, a client has an address of the tunnel and reaches the LAN through the server. Bridged, there
is no router in between: who asks for a host's hardware address by ARP is answered by that host.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario


@scenario(topology="bridged", howto=(1,))
def play(stage: Stage) -> None:
    stage.up()
    address, lab = stage.lab.tunnel_address("client"), stage.lab
    stage.see(f"the client has {address}, an address of the LAN", address.startswith("10.20.0."))
    stage.pings("client", "files")
    known = lab.run("client", ["ip", "neighbour", "show", "10.20.0.10"]).stdout
    mac = lab["files"].links()["eth0"].mac
    stage.see(f"it knows files by its own hardware address, {mac}", mac in known, known)
    table = lab.run("client", ["ip", "route", "get", "10.20.0.10"]).stdout
    stage.see("no router is in between", " via " not in table, table)
    stage.pings("files", address)
