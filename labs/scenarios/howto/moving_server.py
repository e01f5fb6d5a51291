"""The server gets another address: its name is looked up again, and the tunnel is back.

The client's file names the server, not its address. When nothing has come for a minute the client
begins anew, asks for the name and finds it elsewhere.
"""

from __future__ import annotations

from dataclasses import replace

from labs.build import rules_of
from labs.scenario import Stage, scenario

NAME = "vpn.lab.example"
OLD, NEW = "198.51.100.10", "198.51.100.12"


@scenario(howto=(15,), speed=30)
def play(stage: Stage) -> None:
    client = stage.lab.client
    _is_known_as(stage, OLD)
    stage.act(f"The client's file says: remote {NAME} 1194, which is {OLD}.")
    stage.up("client:-remote", f"client:remote={NAME} 1194")
    stage.pings("client", "files")
    stage.act(f"The server gets the address {NEW}, and whoever keeps the name says so.")
    server = stage.lab["server"]
    server.remove_address("eth0", f"{OLD}/29")
    server.add_address("eth0", f"{NEW}/29")
    server.add_route("default", via="198.51.100.9")
    _is_let_in(stage, NEW)
    _is_known_as(stage, NEW)
    stage.is_back(client)
    stage.hears(client, f"link remote: [AF_INET]{NEW}:1194")
    stage.pings("client", "files")


def _is_known_as(stage: Stage, address: str) -> None:
    text = f"127.0.0.1\tlocalhost\n{address}\t{NAME}\n"
    stage.lab["client"].hosts_path.write_text(text, encoding="utf-8")


def _is_let_in(stage: Stage, address: str) -> None:
    """The firewall opens the VPN's port to this address."""
    node = stage.lab.topology.node("firewall")
    assert node.firewall is not None
    opened = tuple(replace(one, to=address) for one in node.firewall.open)
    changed = replace(node, firewall=replace(node.firewall, open=opened))
    for rules in rules_of(changed, stage.lab.topology):
        stage.lab["firewall"].apply(rules)
