"""Two clients with one certificate throw each other out; with duplicate-cn both stay.

The name in the certificate is who a client is. A second one of that name is taken for the first
that has come back from elsewhere.
"""

from __future__ import annotations

import re
import shutil

from labs.scenario import Stage, scenario

DROPPED = re.compile(r"new connection by client 'client-a' will cause previous active sessions.*")


@scenario(topology="two-clients")
def play(stage: Stage) -> None:
    first, second = stage.lab.clients
    for ending in ("crt", "key"):
        name = f"{first.name}.{ending}"
        shutil.copy(first.directory / name, second.directory / name)
    stage.act("client-b has been given a copy of client-a's certificate and key.")
    copied = (f"{second.name}:cert={first.name}.crt", f"{second.name}:key={first.name}.key")
    stage.start(*copied)
    stage.hears(stage.lab.server, DROPPED)
    stage.lab.stop_tunnel()
    stage.act("The server gets duplicate-cn.")
    stage.up("server:duplicate-cn")
    for client in (first, second):
        stage.pings(client.name, "files")
