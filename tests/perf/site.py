"""Where speed is measured: the network, and one tunnel at a time through it.

client 192.168.50.10 ---- .1 nat 198.51.100.1 ---- 198.51.100.10 server ---- files 10.20.0.10
                         (masquerade)              VPN 10.8.0.0/24

The programs of either end take turns in this one network, so that what changes is the program.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labs.bringup import furnished
from labs.lab import Lab
from labs.settings import Settings
from labs.topology import Nat, Node, Segment, Topology, Vpn

if TYPE_CHECKING:
    from labs.build import Sandbox

TOPOLOGY = Topology(
    name="bench",
    title="a client behind a NAT, and a server",
    segments=(
        Segment("client-lan", "192.168.50.0/24", {"client": 10, "nat": 1}),
        Segment("internet", "198.51.100.0/24", {"nat": 1, "server": 10}),
        Segment("server-lan", "10.20.0.0/24", {"server": 1, "files": 10}),
    ),
    nodes=(
        Node("client", gateway="192.168.50.1"),
        Node("nat", nat=Nat(inside="client-lan", outside="internet")),
        Node("server", forwards=True),
        Node("files", gateway="10.20.0.1"),
    ),
    vpn=Vpn(("client",), "server", "198.51.100.10", "files", routes=("10.20.0.0/24",)),
)
INSIDE = "10.8.0.1"  # the server, in the tunnel
UP_SECONDS = 20.0
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Pair:
    """The programs of the two ends."""

    client: str
    server: str

    def __str__(self) -> str:
        return f"{self.client}/{self.server}"


STOCK, OURS = Pair("openvpn", "openvpn"), Pair("ours", "ours")
OURS_CLIENT, OURS_SERVER = Pair("ours", "openvpn"), Pair("openvpn", "ours")


@contextmanager
def network() -> Iterator[Sandbox]:
    """The hosts, without a tunnel."""
    sandbox = furnished(f"bench-{os.getpid()}", TOPOLOGY)
    try:
        yield sandbox
    finally:
        sandbox.destroy()


@contextmanager
def tunnel(sandbox: Sandbox, pair: Pair, *sets: str) -> Iterator[Lab]:
    """A tunnel that is up; directives as for `lab up --set`."""
    lab = Lab(sandbox, TOPOLOGY, Settings.of(pair.client, pair.server, sets))
    lab.write_configs()
    try:
        lab.start_tunnel(UP_SECONDS)
        yield lab
    finally:
        for end in lab.ends:
            if end.is_alive:
                end.process.kill()


def cpu_seconds(lab: Lab) -> float:
    """What both ends have used of the processor."""
    return sum(_cpu(end.process.pid) for end in lab.ends if end.process is not None)


def _cpu(pid: int) -> float:
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS
