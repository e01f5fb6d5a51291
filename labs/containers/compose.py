"""`lab export compose`: a topology as a file for Docker Compose, one container for each node.

The file stays within what compose v1 (1.29) and v2 both read. What would let packets go round the
lab's NAT is left out of it: Docker's bridges have no address, so no node's way leads to the host.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

from labs import addressing, build
from labs.containers import yaml
from labs.containers.node import READY, role_of
from labs.errors import LabError
from labs.settings import Settings
from labs.topology import Node, Segment, Topology

LAB = "/lab"  # keys and configurations, as in a lab's directory: each end has its own only
IMAGE = "${VPNLAB_IMAGE:-vpnlab}"
TUN = "/dev/net/tun"

HEAD = """\
# {title}.
#
#   docker compose up                  ends with {client} pinging {target}   (v1: docker-compose)
#   docker compose exec {client} sh
#   docker compose down -v
#
#   docker compose run --rm lab        all of it in one container, as namespaces
#
# Written by `lab export compose{words}`.

"""


def _health(*words: str) -> dict[str, Any]:
    return {"test": ["CMD", *words], "interval": "1s", "timeout": "2s", "retries": 60}


# What every node has; docs/containers.md says what each of them needs besides, and why.
NODE: dict[str, Any] = {
    "&": "node",
    "image": IMAGE,
    "build": {"context": ".", "args": {"BASE": "${VPNLAB_BASE:-debian:bookworm-slim}"}},
    "init": True,
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges:true"],
    "read_only": True,
    "tmpfs": ["/run", "/tmp"],
    "stop_grace_period": "3s",
    "healthcheck": _health("test", "-e", str(READY)),
}
NOBODY = "65534:65534"
HEALTHY = {"condition": "service_healthy"}
WHOLE_LAB: dict[str, Any] = {
    "<<": "*node",
    "profiles": ["lab"],
    "command": ["sh", "-c", "lab up && exec bash"],
    "network_mode": "none",
    "cap_drop": [],
    "cap_add": ["NET_ADMIN", "SYS_ADMIN"],
    "security_opt": ["apparmor:unconfined"],
    "devices": [TUN],
    "read_only": False,
    "stdin_open": True,
    "tty": True,
    "healthcheck": {"disable": True},
}


@dataclass(frozen=True, slots=True)
class Vpn:
    """What runs at the ends of a role instead of our program: an image, a command, or both."""

    image: str = IMAGE
    command: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Export:
    """What the file is made of. file: where the topology is, if it is not one of the lab's own."""

    topology: Topology
    settings: Settings
    vpns: Mapping[str, Vpn] = field(default_factory=dict)  # by role
    file: str | None = None
    words: tuple[str, ...] = ()  # what the user chose, as it stands in the file's first lines

    @property
    def plan(self) -> list[str]:
        return ["--topology", self.topology.name if self.file is None else f"/{self.file}"]

    @property
    def files(self) -> list[str]:
        return [] if self.file is None else [f"./{self.file}:/{self.file}:ro"]

    @property
    def tunnel(self) -> str:
        """The link that has a carrier when a program holds it."""
        is_bridged = self.topology.node(self.topology.vpn.server).bridge is not None
        return "tap0" if is_bridged else "tun0"

    def vpn_service(self, node: str) -> str:
        """The service in which the VPN of an end runs."""
        return f"{node}-vpn" if role_of(self.topology, node) in self.vpns else node


def text(export: Export) -> str:
    """Write the file; LabError if Docker could not build it."""
    topology = export.topology
    _check(topology)
    head = HEAD.format(
        title=topology.title[:1].upper() + topology.title[1:],
        client=topology.vpn.clients[0],
        target=topology.vpn.target,
        words="".join(f" {word}" for word in export.words),
    )
    nodes = {node.name: _node(node, export) for node in topology.nodes}
    vpns = {
        export.vpn_service(name): _vpn(name, export)
        for name in nodes
        if export.vpn_service(name) != name
    }
    return head + yaml.text(
        {
            "x-node": NODE,
            "services": {
                "configs": _configs(export),
                **nodes,
                **vpns,
                "ping": _ping(export),
                "lab": WHOLE_LAB,
            },
            "networks": {one.name: _network(one) for one in topology.segments},
            "volumes": {_keys(name): {} for name in _ends(topology)},
        },
        apart=2,
    )


def _check(topology: Topology) -> None:
    """On one engine no two networks may overlap; in a lab some do, to show what comes of it."""
    for one, other in combinations(topology.segments, 2):
        if addressing.network(one.subnet).overlaps(addressing.network(other.subnet)):
            raise LabError(
                f"topology {topology.name} as a compose file",
                f"{one.name} and {other.name} overlap, which Docker's networks must not",
                f"lab up --backend docker {topology.name}",
            )


def _configs(export: Export) -> dict[str, Any]:
    """What makes the keys: no network, no rights."""
    sets = [word for one in export.settings.sets for word in ("--set", str(one))]
    return {
        "<<": "*node",
        "command": ["lab", "configs", LAB, *export.plan, *sets],
        "network_mode": "none",
        "volumes": [*map(_own, _ends(export.topology)), *export.files],
        "healthcheck": {"disable": True},
    }


def _node(node: Node, export: Export) -> dict[str, Any]:
    topology, role = export.topology, role_of(export.topology, node.name)
    command = ["lab", "node", node.name, *export.plan]
    service: dict[str, Any] = {
        "<<": "*node",
        "hostname": node.name,
        "command": command,
        "cap_add": ["NET_ADMIN"],
    }
    if node.is_router:
        service["sysctls"] = {"net.ipv4.ip_forward": 1}
    if export.files:
        service["volumes"] = export.files
    if role is not None and role not in export.vpns:
        command += ["--shared", LAB, "--vpn", export.settings.program(role)]
        service |= _end(node.name, role, export)
    service["networks"] = {
        port.segment: {"ipv4_address": port.address.partition("/")[0]}
        for port in topology.ports(node.name)
    }
    names = build.names_for(node, topology)
    service["extra_hosts"] = [f"{name}:{address}" for name, address in names.items()]
    return service


def _ends(topology: Topology) -> tuple[str, ...]:
    return (*topology.vpn.servers, *topology.vpn.clients)


def _keys(node: str) -> str:
    """The volume with an end's keys and its configuration."""
    return f"{node}-keys"


def _own(node: str) -> str:
    return f"{_keys(node)}:{LAB}/vpn/{node}"


def _end(node: str, role: str, export: Export) -> dict[str, Any]:
    """What a container needs in which a VPN runs, beside the right to change its network."""
    return {
        "devices": [TUN],
        "volumes": [f"{_own(node)}:ro", *export.files],
        "depends_on": _waits_for(role, export),
        "healthcheck": _health("grep", "-q", "1", f"/sys/class/net/{export.tunnel}/carrier"),
    }


def _vpn(node: str, export: Export) -> dict[str, Any]:
    """Somebody else's VPN, in the network of its node and in the directory of its configuration."""
    role = role_of(export.topology, node)
    assert role is not None
    vpn = export.vpns[role]
    end = _end(node, role, export)
    return {
        "image": vpn.image,
        **({"command": list(vpn.command)} if vpn.command else {}),
        "network_mode": f"service:{node}",
        "working_dir": f"{LAB}/vpn/{node}",
        "cap_drop": ["ALL"],
        "cap_add": ["NET_ADMIN"],
        **end,
        "depends_on": {node: HEALTHY, **end["depends_on"]},
        "stop_grace_period": "3s",
    }


def _waits_for(role: str, export: Export) -> dict[str, Any]:
    """An end starts when the way to the other one is there; a client, when its server is."""
    vpn = export.topology.vpn
    ends = _ends(export.topology)
    way = [node.name for node in export.topology.nodes if node.name not in ends]
    servers = map(export.vpn_service, vpn.servers if role == "client" else ())
    return {
        "configs": {"condition": "service_completed_successfully"},
        **dict.fromkeys((*way, *servers), HEALTHY),
    }


def _ping(export: Export) -> dict[str, Any]:
    """What shows that the tunnel stands, once it does."""
    client, target = export.topology.vpn.clients[0], export.topology.vpn.target
    return {
        "<<": "*node",
        "command": ["ping", "-c3", export.topology.address(target)],
        "user": NOBODY,
        "network_mode": f"service:{client}",
        "depends_on": {export.vpn_service(client): HEALTHY},
        "healthcheck": {"disable": True},
    }


def _network(segment: Segment) -> dict[str, Any]:
    """A bridge without an address; Docker wants one to keep free all the same."""
    options = {"com.docker.network.bridge.inhibit_ipv4": "true"}
    if segment.mtu != 1500:
        options["com.docker.network.driver.mtu"] = str(segment.mtu)
    subnet = ipaddress.ip_network(segment.subnet)
    taken = set(segment.hosts.values())
    free = next(n for n in range(subnet.num_addresses - 2, 0, -1) if n not in taken)
    held = {"subnet": segment.subnet, "gateway": str(subnet[free])}
    return {"driver": "bridge", "driver_opts": options, "ipam": {"config": [held]}}
