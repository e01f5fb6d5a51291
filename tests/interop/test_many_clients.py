"""Twenty stock clients at once on our server."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from labs.bringup import furnished
from labs.lab import Lab
from labs.settings import Settings
from labs.topologies import find
from labs.topology import Node
from labs.traffic import Pinging

CLIENTS = 20
MEGABYTES = 80
TUNNEL_SECONDS = 40.0


def crowd():
    """The three LANs, with twenty clients behind the one NAT."""
    plain = find("three-lans")
    names = [f"client{number}" for number in range(1, CLIENTS + 1)]
    lan = plain.segments[0]
    hosts = {"nat": 1} | {name: 10 + place for place, name in enumerate(names)}
    others = [node for node in plain.nodes if node.name not in {"client", "laptop"}]
    return replace(
        plain,
        name="crowd",
        segments=(replace(lan, hosts=hosts), *plain.segments[1:]),
        nodes=(*others, *(Node(name, gateway="192.168.50.1") for name in names)),
        vpn=replace(plain.vpn, clients=tuple(names)),
    )


@pytest.mark.parametrize("proto", ["udp", "tcp"])
def test_twenty_stock_clients_share_our_server(proto, capsys):
    topology = crowd()
    with furnished(f"crowd-{os.getpid()}", topology) as sandbox:
        lab = Lab(sandbox, topology, Settings.of("openvpn", "ours", [f"proto={proto}"]))
        lab.write_configs()
        lab.start_tunnel(TUNNEL_SECONDS)
        inside = {end.name: lab.tunnel_address(end.name) for end in lab.clients}
        assert len(set(inside.values())) == CLIENTS
        flows = [
            flow
            for name, address in inside.items()
            for flow in (
                Pinging(lab[name], "10.20.0.10", 20, 0.1),
                Pinging(lab["files"], address, 20, 0.1),
            )
        ]
        lost = [flow.result().lost for flow in flows]
        assert lost == [0] * (2 * CLIENTS)
        resident = resident_megabytes(lab.server.process.pid)
        with capsys.disabled():
            print(f" our server with {CLIENTS} clients over {proto}: {resident:.1f} MB resident ")
        assert resident < MEGABYTES


def resident_megabytes(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError(f"{pid} has ended")
