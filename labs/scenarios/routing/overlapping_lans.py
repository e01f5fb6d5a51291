"""The client's LAN and the server's have one prefix: what is meant for the far one stays near.

192.168.0.0/24 is what many routers for the home come with. The remedy is another prefix for one of
the two: the network beyond the tunnel that has one of its own, 10.20.0.0/24, is reached at once.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario

FILES = "192.168.0.20"  # beyond the tunnel; and the printer's, next to the client


@scenario(topology="overlapping", howto=(2,))
def play(stage: Stage) -> None:
    client = stage.lab["client"]
    stage.up()
    route = client.run(["ip", "route", "get", FILES]).stdout.split("\n")[0].strip()
    stage.see(f"the client's kernel has for files: {route}", "dev eth0" in route, route)
    stage.explains("overlapping-lans", "client", "files")
    stage.act("What the client needs is in 10.20.0.0/24 as well, a prefix that nobody else has.")
    stage.pings("client", "web")
    stage.act("The server pushes a route to its 192.168.0.0/24 too.")
    stage.inject("overlapping-lans")
    stage.lab.stop_tunnel()
    stage.up()
    stage.act("Now it is the client's own LAN that it has lost.")
    stage.explains("overlapping-lans", "client", "printer")
