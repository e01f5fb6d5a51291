"""Two LANs reach each other through a client and a server that are their gateways.

`route` has the server's kernel send what is for the branch into the tunnel; `iroute`, in the
client's own file, has the VPN know which client is meant. With one of the two alone it fails.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario


@scenario(topology="site-to-site", howto=(9,))
def play(stage: Stage) -> None:
    lab = stage.lab
    stage.up()
    stage.hears(lab.server, "MULTI: internal route 192.168.50.0/24 -> client")
    stage.pings("branch-pc", "files")
    stage.pings("files", "branch-pc")
    stage.act("The server reads no file about its client any more: there is no iroute.")
    stage.inject("missing-iroute")
    lab.stop_tunnel()
    stage.up()
    route = lab["server"].run(["ip", "route", "get", "192.168.50.10"]).stdout.split("\n")[0]
    stage.see(f"the server's kernel still has: {route.strip()}", "dev tun0" in route, route)
    stage.pings("client", "files")
    stage.explains("missing-iroute", "files", "branch-pc")
    stage.explains("missing-iroute", "branch-pc", "files")
