"""Where speed is measured: the network, and one tunnel at a time through it.

client 192.168.50.10 ---- .1 nat 198.51.100.1 ---- 198.51.100.10 server ---- files 10.20.0.10
                         (masquerade)              VPN 10.8.0.0/24

The programs of either end take turns in this one network, so that what changes is the program. Its
cables carry trains of UDP datagrams whole, as a network card takes them from the kernel and a
receiving kernel joins them; in a lab they do so only when asked (`offload`).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from labs.bringup import furnished
from labs.lab import Lab
from labs.settings import Settings
from labs.topology import Bridge, Nat, Node, Segment, Topology, Vpn

if TYPE_CHECKING:
    from labs.build import Sandbox

ROUTED = Topology(
    name="bench",
    title="a client behind a NAT, and a server",
    segments=(
        Segment("client-lan", "192.168.50.0/24", {"client": 10, "nat": 1}, offload=True),
        Segment("internet", "198.51.100.0/24", {"nat": 1, "server": 10}, offload=True),
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
BRIDGED = replace(
    ROUTED,
    nodes=(
        *ROUTED.nodes[:2],
        Node("server", bridge=Bridge("server-lan", pool=(100, 150))),
        ROUTED.nodes[3],
    ),
    vpn=replace(ROUTED.vpn, routes=()),
)
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


class Site:
    """The hosts of a topology, without a tunnel."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._sandbox: Sandbox = furnished(f"{topology.name}-{os.getpid()}", topology)

    def destroy(self) -> None:
        """Take everything down."""
        self._sandbox.destroy()

    @contextmanager
    def lab(self, pair: Pair, *sets: str) -> Iterator[Lab]:
        """A server that is up, and a client to be started; directives as for `lab up --set`."""
        lab = Lab(self._sandbox, self._topology, Settings.of(pair.client, pair.server, sets))
        lab.write_configs()
        try:
            lab.start_servers(UP_SECONDS)
            yield lab
        finally:
            lab.stop_tunnel()

    @contextmanager
    def tunnel(self, pair: Pair, *sets: str) -> Iterator[Lab]:
        """A tunnel that is up."""
        with self.lab(pair, *sets) as lab:
            lab.client.start()
            lab.client.wait_up(UP_SECONDS)
            yield lab


def cpu_seconds(pid: int) -> float:
    """What a process has used of the processor."""
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def resident_bytes(pid: int) -> int:
    """What a process has of the memory."""
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
