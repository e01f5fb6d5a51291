"""A client gets the same address each time: a file of its name in the server's directory says so.

client-config-dir has a file for each client that is to be treated in its own way, named as the
client's certificate is.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario

FIXED = "10.8.0.77"


@scenario()
def play(stage: Stage) -> None:
    ccd = stage.lab.server.directory / "ccd"
    ccd.mkdir(exist_ok=True)
    (ccd / "client").write_text(f"ifconfig-push {FIXED} 255.255.255.0\n", encoding="utf-8")
    stage.act(f"In the server's ccd there is a file client: ifconfig-push {FIXED} 255.255.255.0")
    stage.up(f"server:client-config-dir={ccd}")
    address = stage.lab.tunnel_address("client")
    stage.see(f"the client has {address}", address == FIXED)
    stage.pings("client", "files")
