"""`lab export compose`: a topology as a file for Docker Compose, one container for each node.

The file stays within what compose v1 (1.29) and v2 both read. What would let packets go round the
lab's NAT is left out of it: Docker's bridges have no address, so no node's way leads to the host.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from typing import Any

from labs import build
from labs.containers import yaml
from labs.containers.node import READY, role_of
from labs.settings import Settings
from labs.topology import Node, Segment, Topology

LAB = "/lab"  # keys and configurations, in every container that needs them
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
}


def text(topology: Topology, settings: Settings, words: Sequence[str] = ()) -> str:
    """Write the file. words: what the user chose, as it stands in the file's first lines."""
    head = HEAD.format(
        title=topology.title[:1].upper() + topology.title[1:],
        client=topology.vpn.clients[0],
        target=topology.vpn.target,
        words="".join(f" {word}" for word in words),
    )
    nodes = {node.name: _service(node, topology, settings) for node in topology.nodes}
    return head + yaml.text(
        {
            "x-node": NODE,
            "services": {
                "configs": _configs(topology, settings),
                **nodes,
                "ping": _ping(topology),
                "lab": WHOLE_LAB,
            },
            "networks": {one.name: _network(one) for one in topology.segments},
            "volumes": {"lab": {}},
        },
        apart=2,
    )


def _configs(topology: Topology, settings: Settings) -> dict[str, Any]:
    """What makes the keys: no network, no rights."""
    sets = [word for one in settings.sets for word in ("--set", str(one))]
    return {
        "<<": "*node",
        "command": ["lab", "configs", LAB, "--topology", topology.name, *sets],
        "network_mode": "none",
        "volumes": [f"lab:{LAB}"],
    }


def _service(node: Node, topology: Topology, settings: Settings) -> dict[str, Any]:
    role = role_of(topology, node.name)
    command = ["lab", "node", node.name, "--topology", topology.name]
    service: dict[str, Any] = {
        "<<": "*node",
        "hostname": node.name,
        "command": command,
        "cap_add": ["NET_ADMIN"],
    }
    if node.is_router:
        service["sysctls"] = {"net.ipv4.ip_forward": 1}
    if role is not None:
        command += ["--shared", LAB, "--vpn", settings.program(role)]
        service["devices"] = [TUN]
        service["volumes"] = [f"lab:{LAB}:ro"]
        service["depends_on"] = _waits_for(role, topology)
        carrier = f"/sys/class/net/{_tunnel(topology)}/carrier"
        service["healthcheck"] = _health("grep", "-q", "1", carrier)
    service["networks"] = {
        port.segment: {"ipv4_address": port.address.partition("/")[0]}
        for port in topology.ports(node.name)
    }
    names = build.names_for(node, topology)
    service["extra_hosts"] = [f"{name}:{address}" for name, address in names.items()]
    return service


def _tunnel(topology: Topology) -> str:
    """The link that has a carrier when a program holds it."""
    return "tap0" if topology.node(topology.vpn.server).bridge is not None else "tun0"


def _waits_for(role: str, topology: Topology) -> dict[str, Any]:
    """An end starts when the way to the other one is there; a client, when its server is."""
    ends = {*topology.vpn.servers, *topology.vpn.clients}
    way = [node.name for node in topology.nodes if node.name not in ends]
    servers = topology.vpn.servers if role == "client" else ()
    return {
        "configs": {"condition": "service_completed_successfully"},
        **{name: {"condition": "service_healthy"} for name in (*way, *servers)},
    }


def _ping(topology: Topology) -> dict[str, Any]:
    """What shows that the tunnel stands, once it does."""
    client, target = topology.vpn.clients[0], topology.vpn.target
    return {
        "<<": "*node",
        "command": ["ping", "-c3", target],
        "network_mode": f"service:{client}",
        "depends_on": {client: {"condition": "service_healthy"}},
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
