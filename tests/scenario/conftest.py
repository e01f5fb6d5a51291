"""The small site of the VPN's own scenarios; each test brings up a tunnel of its own in it.

near .1 --+-- cable 192.0.2.0/24, 2001:db8::/64 --+-- .2 far .1 -- inside 10.77.0.0/24 -- .10 files
third .3 -+                                              VPN                               (HTTP)
"""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from labs.bringup import furnished
from labs.lab import Lab
from labs.settings import Settings
from labs.topology import Node, Segment, Topology, Vpn

TUNNEL_SECONDS = 20.0
CLIENTS = ("near", "third")

SITE = Topology(
    name="site",
    title="two hosts on one cable with a server, and the server's own network",
    segments=(
        Segment("cable", "192.0.2.0/24", {"near": 1, "far": 2, "third": 3}),
        Segment("inside", "10.77.0.0/24", {"far": 1, "files": 10}),
    ),
    nodes=(
        Node("near"),
        Node("third"),
        Node("far", forwards=True),
        Node("files", gateway="10.77.0.1", services=("http",)),
    ),
    vpn=Vpn(CLIENTS, "far", "192.0.2.2", "files", routes=("10.77.0.0/24",)),
)


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The nodes of the site without a tunnel."""
    sandbox = furnished(f"{tmp_path_factory.mktemp('site').name}-{os.getpid()}", SITE)
    for number, name in enumerate(("near", "far", "third"), 1):
        sandbox.node(name).add_address("eth0", f"2001:db8::{number}/64")
    yield sandbox
    sandbox.destroy()


@pytest.fixture
def tunnel(site):
    """Bring a tunnel up: tunnel("ours", "openvpn", "proto=tcp", ..., clients=2), client first.

    With `up=False` the client is started, and may fail.
    """
    labs: list[Lab] = []

    def bring_up(client: str, server: str, *sets: str, clients: int = 1, up: bool = True) -> Lab:
        topology = replace(SITE, vpn=replace(SITE.vpn, clients=CLIENTS[:clients]))
        lab = Lab(site, topology, Settings.of(client, server, sets))
        labs.append(lab)
        lab.write_configs()
        if up:
            lab.start_tunnel(TUNNEL_SECONDS)
            return lab
        lab.server.start()
        lab.server.wait_up(TUNNEL_SECONDS)
        lab.client.start()
        return lab

    yield bring_up
    for lab in labs:
        for end in lab.ends:
            if end.is_alive:
                end.process.kill()
