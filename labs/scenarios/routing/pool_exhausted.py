"""The pool has two addresses and three clients want one: the third gets none, and no tunnel.

The server says so in its log. The handshake itself has gone well, so the client waits for a push
that brings no address.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario

NONE_LEFT = re.compile(r"no free --ifconfig-pool addresses are available|pool.*(exhausted|full)")


@scenario(topology="three-sites")
def play(stage: Stage) -> None:
    stage.act("The server's pool goes from 10.8.0.2 to 10.8.0.3.")
    stage.change(
        "server:-server", "server:mode=server", "server:tls-server",
        "server:ifconfig=10.8.0.1 255.255.255.0", "server:push=topology subnet",
        "server:push=route-gateway 10.8.0.1",
        "server:ifconfig-pool=10.8.0.2 10.8.0.3 255.255.255.0",
    )  # fmt: skip
    *early, late = stage.lab.clients
    stage.lab.start_servers(20)
    for client in early:
        client.start()
    for client in early:
        client.wait_up(20)
        stage.pings(client.name, "files")
    stage.act("The third client comes.")
    late.start()
    stage.hears(stage.lab.server, NONE_LEFT)
    for client in early:
        stage.pings(client.name, "files")
