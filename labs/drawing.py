"""A lab as text, top to bottom in the order in which a packet meets its nodes; any topology.

client    eth0  192.168.50.10
          tun0  10.8.0.2                          ===+
   |      client-lan 192.168.50.0/24                 |
nat       eth0  192.168.50.1                         |
          eth1  203.0.113.2      NAT port-restricted |  udp/1194
...                                                  |
server    eth0  198.51.100.10                        |
          tun0  10.8.0.1                          ===+
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labs import addressing
from labs.observe import Addresses, tunnel_links
from labs.topology import Node, Segment, Topology

NAME_WIDTH = 10
ADDRESS_WIDTH = 17


@dataclass(slots=True)
class Row:
    """One line: a link of a node, or a segment between two nodes."""

    head: str
    body: str
    note: str = ""
    is_tunnel: bool = False


def text(topology: Topology, live: Mapping[str, Addresses] | None = None, label: str = "") -> str:
    """Draw a topology: with the addresses it is to have, or with those it has now."""
    rows: list[Row] = []
    drawn: set[str] = set()
    way = _way(topology)
    on_way = {node for node, _segment in way}
    for node, segment in way:
        rows += _node_rows(topology, node, live, drawn)
        if segment is not None:
            for other in segment.hosts:
                if other not in on_way:
                    rows += _node_rows(topology, other, live, drawn)
            rows.append(Row("   |", f"{segment.name} {segment.subnet}"))
    for segment in topology.segments:
        left = [node for node in segment.hosts if node not in drawn]
        if left:
            near = ", ".join(node for node in segment.hosts if node in drawn)
            rows.append(
                Row("   |", f"{segment.name} {segment.subnet}" + (f" at {near}" if near else ""))
            )
        for node in left:
            rows += _node_rows(topology, node, live, drawn)
    return "\n".join(_joined(rows, label))


def _way(topology: Topology) -> list[tuple[str, Segment | None]]:
    """The shortest way from the first client to the target: (node, the segment after it)."""
    start, goal = topology.vpn.clients[0], topology.vpn.target
    ways: dict[str, list[tuple[str, Segment | None]]] = {start: []}
    queue = [start]
    while queue:
        node = queue.pop(0)
        if node == goal:
            return [*ways[node], (node, None)]
        for segment in topology.segments:
            if node not in segment.hosts:
                continue
            for other in segment.hosts:
                if other not in ways:
                    ways[other] = [*ways[node], (node, segment)]
                    queue.append(other)
    return [(start, None)]


def _node_rows(
    topology: Topology, name: str, live: Mapping[str, Addresses] | None, drawn: set[str]
) -> list[Row]:
    if name in drawn:
        return []
    drawn.add(name)
    planned = {port.dev: [port.address] for port in topology.ports(name)}
    held = planned if live is None else live.get(name, {})
    rows = []
    for dev in (*planned, *tunnel_links(held)):
        is_tunnel = dev not in planned
        addresses = [addressing.plain(one) for one in held.get(dev, [])] or ["no address"]
        rows += [Row("", f"{dev:<5} {address}", is_tunnel=is_tunnel) for address in addresses]
    rows[0].head = name
    notes = _notes(topology.node(name))
    cables = [row for row in rows if not row.is_tunnel]
    for row, note in zip(reversed(cables), reversed(notes), strict=False):
        row.note = note
    return rows


def _notes(node: Node) -> list[str]:
    """What is particular about a node; at most as much as it has links, in practice."""
    notes = []
    if node.nat is not None:
        ports = ", ".join(f"{one.proto}/{one.port}" for one in node.nat.forwards)
        notes.append(f"NAT {node.nat.kind}" + (f", forwards {ports}" if ports else ""))
    if node.firewall is not None:
        opened = ", ".join(f"{one.proto}/{one.port}" for one in node.firewall.open)
        notes.append(f"lets in {opened}" if opened else "lets nothing in")
    if node.balancer is not None:
        notes.append(f"spreads {node.balancer.pinned or node.balancer.mode}")
    if node.bridge is not None:
        notes.append(f"bridge with {node.bridge.tap}")
    if node.services:
        notes.append(", ".join(service.upper() for service in node.services))
    return notes


def _joined(rows: list[Row], label: str) -> list[str]:
    """Put the columns together, and the tunnel beside them."""
    width = max(NAME_WIDTH, *(len(row.head) + 1 for row in rows))
    lines = [f"  {row.head:<{width}}{row.body:<{6 + ADDRESS_WIDTH}}{row.note}" for row in rows]
    ends = [place for place, row in enumerate(rows) if row.is_tunnel]
    if len(ends) < 2:
        return [line.rstrip() for line in lines]
    first, last = ends[0], ends[-1]
    width = max(len(line) for line in lines[first : last + 1]) + 4
    for place in range(first, last + 1):
        if rows[place].is_tunnel:
            lines[place] = f"{lines[place].rstrip()} ".ljust(width, "=") + "=+"
        else:
            lines[place] = lines[place].ljust(width + 1) + "|"
        if place == (first + last) // 2 and label:
            lines[place] += f"  {label}"
    return [line.rstrip() for line in lines]
