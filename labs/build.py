"""A topology becomes namespaces, cables, addresses, routes, NAT and firewalls.

The only file that knows netns; the rest of the labs takes from here what it needs of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import netns
from labs import addressing, ours, services
from labs import topology as plan
from labs.topology import Node, Port, Topology
from netns import (
    ESTABLISHED,
    Balancer,
    CommandFailed,
    DeadlinePassed,
    Firewall,
    NetnsError,
    Passage,
    Process,
    Rule,
    RuleWatch,
    Sandbox,
    Step,
    Verdict,
    Way,
    wait_for,
)
from netns import Node as RunningNode
from netns.doctor import PROGRAMS, Fact, examine, namespaces_fix, tun_device
from netns.node import end_group
from netns.node import environment as environment_of
from netns.state import container_root

if TYPE_CHECKING:
    from labs.containers.sandbox import ContainerSandbox
    from netns.here import Here

__all__ = [
    "ESTABLISHED",
    "PROGRAMS",
    "AnySandbox",
    "Balancer",
    "CommandFailed",
    "DeadlinePassed",
    "Fact",
    "Firewall",
    "NetnsError",
    "Passage",
    "Process",
    "Rule",
    "RuleWatch",
    "RunningNode",
    "Sandbox",
    "Step",
    "Verdict",
    "Way",
    "build",
    "container_root",
    "create",
    "destroy",
    "end_group",
    "environment_of",
    "examine",
    "furnish",
    "names_for",
    "namespaces_fix",
    "open_sandbox",
    "path_with_sbin",
    "rebalance",
    "restore",
    "rules_of",
    "running",
    "services_of",
    "start_services",
    "sweep",
    "tun_device",
    "wait_for",
]

AnySandbox: TypeAlias = "Sandbox | ContainerSandbox"
Role = netns.Nat | Firewall | Balancer

# How long a flow is remembered after its last packet: of one direction only, of both.
UDP_TIMEOUTS = (
    "net.netfilter.nf_conntrack_udp_timeout",
    "net.netfilter.nf_conntrack_udp_timeout_stream",
)


def create(name: str, backend: str = "netns") -> AnySandbox:
    """Make an empty lab: of namespaces, or of containers."""
    if backend == "netns":
        return Sandbox.create(name)
    from labs.containers.sandbox import ContainerSandbox

    return ContainerSandbox.create(name)


def running() -> dict[str, str]:
    """All labs of this user that are up: {name: backend}."""
    found = {}
    if container_root().is_dir():
        from labs.containers.sandbox import ContainerSandbox

        found = dict.fromkeys(ContainerSandbox.list(), "docker")
    return found | dict.fromkeys(Sandbox.list(), "netns")


def open_sandbox(name: str) -> AnySandbox:
    """Find a lab that is up; NetnsError if there is none of that name."""
    from labs.containers.sandbox import ContainerSandbox

    return ContainerSandbox.open(name) if running().get(name) == "docker" else Sandbox.open(name)


def destroy(name: str) -> None:
    """End a lab that is up, whatever state it is in."""
    if running().get(name) == "docker":
        from labs.containers.sandbox import ContainerSandbox

        ContainerSandbox.find(name).destroy()
    else:
        Sandbox.open(name).destroy()


def sweep() -> None:
    """Remove what dead labs of this user left."""
    netns.sweep()
    if container_root().is_dir():
        from labs.containers import sandbox

        sandbox.sweep()


def build(sandbox: AnySandbox, topology: Topology, speed: float = 1.0) -> None:
    """Build all of a topology in an empty sandbox; every link is up when it returns.

    The nodes forget UDP flows `speed` times as fast: they keep pace with the programs' clocks.
    """
    for node in topology.nodes:
        sandbox.add_node(node.name, {"net.ipv4.ip_forward": 1} if node.is_router else {})
    for segment in topology.segments:
        ports = [
            (port.node, port.dev)
            for node in topology.nodes
            for port in topology.ports(node.name)
            if port.segment == segment.name
        ]
        sandbox.add_segment(segment.name, ports, mtu=segment.mtu, offload=segment.offload)
    made = sandbox.nodes()
    for node in topology.nodes:
        furnish(made[node.name], node, topology, speed)
        if speed != 1 and (node.nat or node.firewall):
            _hasten(made[node.name], speed)


def furnish(
    running: RunningNode | Here, node: Node, topology: Topology, speed: float = 1.0
) -> None:
    """Give a node whose links are there all that its topology says of it."""
    for port in topology.ports(node.name):
        dev = port.dev
        if node.bridge is not None and port.segment == node.bridge.segment:
            dev = node.bridge.dev
            running.add_tap(node.bridge.tap)
            running.add_bridge(dev, [port.dev, node.bridge.tap])
        running.add_address(dev, port.address)
    for prefix, via in node.routes.items():
        running.add_route(prefix, via=via)
    if node.gateway is not None:
        running.add_route("default", via=node.gateway)
    restore(running, topology, speed)
    running.add_hosts(names_for(node, topology))


def _hasten(running: RunningNode, speed: float) -> None:
    for name in UDP_TIMEOUTS:
        running.set_sysctl(name, _hastened(int(running.sysctl(name)), speed))


def _hastened(seconds: int, speed: float) -> int:
    """Divide by the speed how long UDP is remembered; the kernel counts whole seconds."""
    return max(1, round(seconds / speed))


def restore(running: RunningNode | Here, topology: Topology, speed: float = 1.0) -> None:
    """Give a node the NAT, the firewall, the balancer of its topology, whatever it has now."""
    for rules in rules_of(topology.node(running.name), topology, speed):
        running.apply(rules)


def rules_of(node: Node, topology: Topology, speed: float = 1.0) -> list[Role]:
    """The NAT, the firewall and the balancer that a node is meant to have."""
    found: list[Role] = []
    if node.nat is not None:
        found.append(_nat(node.name, node.nat, topology, speed))
    if node.firewall is not None:
        found.append(_firewall(node.name, node.firewall, topology))
    if node.balancer is not None:
        found.append(_balancer(node.name, node.balancer, topology))
    return found


def rebalance(running: RunningNode, topology: Topology, **changes: Any) -> None:
    """Have a balancer do something else, until `restore`: pinned="server-b", flip_after=3."""
    balancer = topology.node(running.name).balancer
    if balancer is None:
        raise ValueError(f"{running.name} is no balancer")
    running.apply(_balancer(running.name, replace(balancer, **changes), topology))


def _nat(name: str, nat: plan.Nat, topology: Topology, speed: float) -> netns.Nat:
    return netns.Nat(
        inside=topology.dev(name, nat.inside),
        outside=topology.dev(name, nat.outside),
        kind=netns.NatKind(nat.kind),
        forwards=tuple(
            netns.PortForward(one.proto, one.port, one.to, one.to_port) for one in nat.forwards
        ),
        mapping_seconds=_hastened(netns.MAPPING_SECONDS, speed),
    )


def _firewall(name: str, firewall: plan.Firewall, topology: Topology) -> Firewall:
    """Answers pass; the inside begins anything (or nothing), the outside only what is open."""
    outside = topology.dev(name, firewall.outside)
    opened = [
        Rule(
            one.name,
            Verdict.ACCEPT,
            arriving=outside,
            proto=one.proto,
            destination=one.to,
            destination_port=one.port,
        )
        for one in firewall.open
    ]
    leaving = Rule("outgoing", Verdict.ACCEPT, arriving=topology.dev(name, firewall.inside))
    going = () if firewall.answers_only else (leaving,)
    return Firewall(rules=(ESTABLISHED, *going, *opened), forward=Verdict.DROP)


def _balancer(name: str, balancer: plan.Balancer, topology: Topology) -> Balancer:
    vpn = topology.vpn
    addresses = {server: topology.address(server, balancer.inside) for server in vpn.servers}
    return Balancer(
        address=topology.address(name, balancer.outside),
        port=vpn.port,
        servers=tuple(addresses.values()),
        mode=netns.Spread(balancer.mode),
        pinned=addresses[balancer.pinned] if balancer.pinned is not None else None,
        flip_after=balancer.flip_after,
    )


def names_for(asking: Node, topology: Topology) -> dict[str, str]:
    """The others, by the addresses under which a node knows them."""
    others = (other for other in topology.nodes if other.name != asking.name)
    known = {other.name: _known_as(asking, other, topology) for other in others}
    return {name: address for name, address in known.items() if address is not None}


def _known_as(asking: Node, other: Node, topology: Topology) -> str | None:
    """The address under which one node knows another by name: the nearest one.

    None if all of them look like near ones and are not: two networks have the same prefix.
    """
    near = {port.segment for port in topology.ports(asking.name)}
    ports: tuple[Port, ...] = topology.ports(other.name)
    for port in ports:
        if port.segment in near:
            return addressing.plain(port.address)
    if other.name in topology.vpn.servers:
        return topology.vpn.remote
    for port in ports:
        address = addressing.plain(port.address)
        if not any(addressing.contains(one, address) for one in topology.subnets(asking.name)):
            return address
    return None


def start_services(sandbox: AnySandbox, topology: Topology) -> None:
    """Start what the nodes offer; they are ready long before a tunnel is."""
    for node in topology.nodes:
        for name, words in services_of(node, topology, sandbox.directory).items():
            sandbox.node(node.name).start(name, words, env=ours.environment(), timeout=0)


def services_of(node: Node, topology: Topology, directory: Path) -> dict[str, list[str]]:
    """The commands of what a node offers, by name; what they show is written below `directory`."""
    if node.services:
        own = _known_as(node, node, topology)
        known = {**names_for(node, topology), **({node.name: own} if own else {})}
        services.furnish(directory, node.name, known)
    return {name: services.argv(name, directory, node.name) for name in node.services}


def path_with_sbin(environment: Mapping[str, str]) -> str:
    """A PATH on which a user too finds ip, nft and openvpn."""
    return environment_of(environment)["PATH"]
