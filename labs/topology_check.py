"""Whether a topology can be built: everything named is there, every gateway is next door."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from labs import addressing
from labs.errors import TopologyError
from labs.topology import Balancer, Bridge, Node, Segment, Topology


def check(topology: Topology, source: str) -> None:
    """Raise a TopologyError for the first thing that is wrong."""
    for key, why in _faults(topology):
        raise TopologyError(source, key, why)


def _faults(topology: Topology) -> Iterable[tuple[str, str]]:
    for segment in topology.segments:
        yield from _in_segment(segment, topology)
    for node in topology.nodes:
        yield from _in_node(node, topology)
    yield from _in_vpn(topology)
    for node in topology.nodes:
        if node.bridge is not None:
            yield from _in_bridge(node.bridge, node, topology)
        if node.balancer is not None:
            yield from _in_balancer(node.balancer, node, topology)


def _in_segment(segment: Segment, topology: Topology) -> Iterable[tuple[str, str]]:
    key = f"segments.{segment.name}"
    names = [node.name for node in topology.nodes]
    taken: dict[int, str] = {}
    for node, number in segment.hosts.items():
        if node not in names:
            yield f"{key}.hosts.{node}", f"no such node, only {', '.join(names)}"
        if number in taken:
            yield f"{key}.hosts.{node}", f"{taken[number]} has the number {number} already"
        taken[number] = node
    if not 576 <= segment.mtu <= 9000:
        yield f"{key}.mtu", f"must be 576..9000, not {segment.mtu}"


def _in_node(node: Node, topology: Topology) -> Iterable[tuple[str, str]]:
    key = f"nodes.{node.name}"
    ports = topology.ports(node.name)
    if not ports:
        yield key, "is in no segment"
        return
    subnets = topology.subnets(node.name)
    if node.gateway is not None and not _is_near(node.gateway, subnets):
        yield f"{key}.gateway", f"must be in {' or '.join(subnets)}, not {node.gateway!r}"
    for prefix, via in node.routes.items():
        if not _is_prefix(prefix):
            yield f"{key}.routes", f"{prefix!r} is not a prefix"
        if not _is_near(via, subnets):
            yield f"{key}.routes.{prefix}", f"must be in {' or '.join(subnets)}, not {via!r}"
    yield from _in_walls(node, topology)


def _in_walls(node: Node, topology: Topology) -> Iterable[tuple[str, str]]:
    """What stands between an inside and an outside."""
    key = f"nodes.{node.name}"
    near = [port.segment for port in topology.ports(node.name)]
    for what, walls in (
        ("nat", node.nat), ("firewall", node.firewall), ("balancer", node.balancer),
    ):  # fmt: skip
        for side in ("inside", "outside"):
            if walls is not None and getattr(walls, side) not in near:
                yield (
                    f"{key}.{what}.{side}",
                    f'must be {" or ".join(near)}, not "{getattr(walls, side)}"',
                )
    if node.nat is not None:
        inside = [one.subnet for one in topology.segments if one.name == node.nat.inside]
        for forward in node.nat.forwards:
            if not _is_near(forward.to, inside):
                why = f"must lead to an address in {' or '.join(inside)}, not {forward.to!r}"
                yield f"{key}.nat.forwards", why


def _in_vpn(topology: Topology) -> Iterable[tuple[str, str]]:
    vpn = topology.vpn
    names = [node.name for node in topology.nodes]
    if not vpn.clients:
        yield "vpn.clients", "must name at least one node"
    roles = [("clients", name) for name in vpn.clients]
    roles += [("more_servers", name) for name in vpn.more_servers]
    for role, name in (*roles, ("server", vpn.server), ("target", vpn.target)):
        if name not in names:
            yield f"vpn.{role}", f'no node "{name}", only {", ".join(names)}'
    if not _is_address(vpn.remote):
        yield "vpn.remote", f"must be an address, not {vpn.remote!r}"
    for name in vpn.iroutes:
        if name not in vpn.clients:
            yield f"vpn.iroutes.{name}", f"no such client, only {', '.join(vpn.clients)}"
    prefixes = [("network", vpn.network), *(("routes", one) for one in vpn.routes)]
    prefixes += [(f"more_servers.{name}", one) for name, one in vpn.more_servers.items()]
    prefixes += [(f"iroutes.{name}", one) for name, found in vpn.iroutes.items() for one in found]
    for key, prefix in prefixes:
        if not _is_prefix(prefix) or addressing.network(prefix).version != 4:
            yield f"vpn.{key}", f"must be an IPv4 prefix, not {prefix!r}"
    if not 1 <= vpn.port <= 65535:
        yield "vpn.port", f"must be 1..65535, not {vpn.port}"


def _in_bridge(bridge: Bridge, node: Node, topology: Topology) -> Iterable[tuple[str, str]]:
    key = f"nodes.{node.name}.bridge"
    near = {one.name: one for one in topology.segments if node.name in one.hosts}
    if node.name not in topology.vpn.servers:
        yield key, "is for the VPN's server only"
    if bridge.segment not in near:
        yield f"{key}.segment", f'must be {" or ".join(near)}, not "{bridge.segment}"'
        return
    segment, (first, last) = near[bridge.segment], bridge.pool
    try:
        addressing.host(segment.subnet, first)
        addressing.host(segment.subnet, last)
    except ValueError as error:
        yield f"{key}.pool", str(error)
    if first > last:
        yield f"{key}.pool", f"must begin before it ends, not {first}..{last}"
    for name, number in segment.hosts.items():
        if first <= number <= last:
            yield f"{key}.pool", f"has the number {number}, which is that of {name}"


def _in_balancer(balancer: Balancer, node: Node, topology: Topology) -> Iterable[tuple[str, str]]:
    key = f"nodes.{node.name}.balancer"
    servers = topology.vpn.servers
    for server in servers:
        if balancer.inside not in {port.segment for port in topology.ports(server)}:
            yield f"{key}.inside", f"{server} is not in {balancer.inside}"
    if balancer.flip_after is not None and not 1 <= balancer.flip_after < 1_000_000:
        yield f"{key}.flip_after", f"must be 1..999999, not {balancer.flip_after}"
    if balancer.pinned is not None and balancer.pinned not in servers:
        yield f"{key}.pinned", f'must be {" or ".join(servers)}, not "{balancer.pinned}"'


def _is_prefix(text: str) -> bool:
    try:
        addressing.network(text)
    except ValueError:
        return False
    return True


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _is_near(address: str, subnets: list[str]) -> bool:
    return _is_address(address) and any(addressing.contains(one, address) for one in subnets)
