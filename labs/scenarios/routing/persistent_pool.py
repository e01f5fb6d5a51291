"""The server writes down who has which address, so each client gets its own again after a restart.

Two clients come in one order, and after the restart in the other. Without ifconfig-pool-persist
the first to come would get the first address.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario


@scenario(topology="two-clients")
def play(stage: Stage) -> None:
    file = stage.lab.server.directory / "pool.txt"
    stage.change(f"server:ifconfig-pool-persist={file} 1")
    first, second = stage.lab.clients
    before = _come(stage, first.name, second.name)
    stage.lab.stop_tunnel()
    for line in file.read_text(encoding="utf-8").splitlines():
        stage.note(f"{file.name}: {line}")
    stage.act("The server is restarted, and the clients come the other way round.")
    after = _come(stage, second.name, first.name)
    stage.see("each has its address again", after == before, (before, after))


def _come(stage: Stage, *names: str) -> dict[str, str]:
    """Start the server, then these clients one after the other; who has which address."""
    stage.lab.start_servers(20)
    clients = {client.name: client for client in stage.lab.clients}
    found = {}
    for name in names:
        clients[name].start()
        clients[name].wait_up(20)
        found[name] = stage.lab.tunnel_address(name)
        stage.note(f"{name} has {found[name]}")
    return found
