"""`lab export containerlab`: a topology as NAME.clab.yml.

containerlab joins two links at a time, so a segment of more than two nodes has a switch of its own:
a node that does nothing but bridge. No node is in containerlab's management network, by which
packets could go round the lab's NAT.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from labs.containers import yaml
from labs.containers.compose import LAB, TUN, Export
from labs.containers.node import role_of, write_shared
from labs.settings import Settings
from labs.topology import Node, Segment, Topology

IMAGE = "vpnlab"
HEAD = """\
# {title}.
#
#   sudo containerlab deploy
#   docker exec clab-{name}-{client} ping -c3 {target}
#   sudo containerlab destroy --cleanup
#
# Written by `lab export containerlab{words}`, with the keys in {keys}.

"""
KEYS = "lab"  # the directory beside the file of which each end sees its own part


def text(export: Export) -> str:
    """Write the file."""
    topology = export.topology
    head = HEAD.format(
        title=topology.title[:1].upper() + topology.title[1:],
        name=topology.name,
        client=topology.vpn.clients[0],
        target=topology.address(topology.vpn.target),
        words="".join(f" {word}" for word in export.words),
        keys=f"{KEYS}/",
    )
    switched = [segment for segment in topology.segments if len(segment.hosts) != 2]
    nodes = {node.name: _node(node, export) for node in topology.nodes}
    switches = {f"switch-{segment.name}": _switch(segment) for segment in switched}
    linux = {"image": IMAGE, "network-mode": "none", "cap-add": ["NET_ADMIN"]}
    file = {
        "name": topology.name,
        "topology": {
            "kinds": {"linux": linux},
            "nodes": nodes | switches,
            "links": [link for segment in topology.segments for link in _links(segment, export)],
        },
    }
    return head + yaml.text(file, apart=1)


def _node(node: Node, export: Export) -> dict[str, Any]:
    words = ["lab", "node", node.name, *export.plan]
    role = role_of(export.topology, node.name)
    found: dict[str, Any] = {"kind": "linux"}
    if role is not None:
        words += ["--shared", LAB, "--vpn", export.settings.program(role)]
        found["devices"] = [TUN]
    if node.is_router:
        found["sysctls"] = {"net.ipv4.ip_forward": 1}
    own = f"vpn/{node.name}"
    binds = [*([f"{KEYS}/{own}:{LAB}/{own}:ro"] if role is not None else []), *export.files]
    return found | ({"binds": binds} if binds else {}) | {"cmd": " ".join(words)}


def _switch(segment: Segment) -> dict[str, Any]:
    ports = [f"eth{number}" for number in range(len(segment.hosts))]
    return {"kind": "linux", "cmd": " ".join(["lab", "switch", *ports])}


def _links(segment: Segment, export: Export) -> list[dict[str, Any]]:
    """The cables of a segment: one between its two nodes, or one from each to its switch."""
    ends = [
        f"{port.node}:{port.dev}"
        for node in export.topology.nodes
        for port in export.topology.ports(node.name)
        if port.segment == segment.name
    ]
    if len(ends) == 2:
        return [{"endpoints": ends, "mtu": segment.mtu}]
    switch = f"switch-{segment.name}"
    return [
        {"endpoints": [end, f"{switch}:eth{number}"], "mtu": segment.mtu}
        for number, end in enumerate(ends)
    ]


def write_keys(directory: Path, topology: Topology, settings: Settings) -> None:
    """Make what is /lab in the ends."""
    write_shared(directory / KEYS, topology, settings)
