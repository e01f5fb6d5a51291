"""The server is behind a NAT that forwards its port: clients ask for the NAT, and reach the server.

The server has a private address and knows no other. What counts is what the client's file says:
the public address of the NAT.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario


@scenario(topology="server-behind-nat")
def play(stage: Stage) -> None:
    remote, own = stage.lab.topology.vpn.remote, stage.lab.topology.address("server")
    stage.note(f"the client's file names {remote}; the server's own address is {own}")
    stage.up()
    stage.pings("client", "files")
    count = stage.lab["gate"].counts()["nat-port-forward"].packets
    stage.see(f"the NAT in front of the server has forwarded {count} flows", count > 0)
