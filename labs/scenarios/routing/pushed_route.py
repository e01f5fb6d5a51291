"""A pushed route stands in the client's kernel table while the tunnel is up, and goes at its end.

The server pushes "route 10.20.0.0 255.255.255.0"; the client's kernel then sends what is meant
for that network into the tunnel, and nothing else.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario


@scenario(howto=(8,))
def play(stage: Stage) -> None:
    client = stage.lab["client"]

    def route() -> str:
        return client.run(["ip", "route", "show", "10.20.0.0/24"]).stdout.strip()

    stage.see("before the tunnel the client knows no way to 10.20.0.0/24", not route())
    stage.up()
    stage.see(f"now its kernel has: {route()}", "via 10.8.0.1 dev tun0" in route(), route())
    stage.pings("client", "files")
    stage.act("The client exits.")
    stage.lab.client.stop()
    stage.see("the route is gone", not route(), route())
    stage.cannot_ping("client", "files")
