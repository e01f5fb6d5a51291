"""A topology: which nodes there are, what joins them, where the VPN runs. Data only, frozen.

    Topology
      |-- Segment   one network: a prefix, and which nodes are plugged into it
      |-- Node      a host or a router; a router may have a Nat with Forwards, a Firewall with
      |             Openings, a Balancer; a VPN server may have a Bridge
      `-- Vpn       who is client, who is server, what is pushed, and who is reached through it

A node's links are eth0, eth1, ... in the order in which the segments name it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from labs import addressing
from labs.errors import TopologyError

BALANCER_MODES = ("by-flow", "per-packet")
NAT_KINDS = ("full-cone", "address-restricted", "port-restricted", "symmetric")
SERVICES = ("http", "ftp", "dns")


@dataclass(frozen=True, slots=True)
class Segment:
    """One network: `hosts` gives each node that is in it the number of its address.

    offload: its cables carry trains of UDP datagrams whole, as network cards take them.
    """

    name: str
    subnet: str
    hosts: Mapping[str, int]
    mtu: int = 1500
    offload: bool = False


@dataclass(frozen=True, slots=True)
class Forward:
    """A port of a NAT's outside address that leads to a host inside (there too, if not said)."""

    proto: str
    port: int
    to: str
    to_port: int | None = None

    def __str__(self) -> str:
        inside = f"{self.to}:{self.to_port}" if self.to_port is not None else self.to
        return f"{self.proto}/{self.port} to {inside}"


@dataclass(frozen=True, slots=True)
class Nat:
    """Translate what goes from one segment to another; the kinds are those of RFC 4787."""

    inside: str
    outside: str
    kind: str = "port-restricted"
    forwards: tuple[Forward, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """What a firewall lets in: a protocol and port, to one address or to any."""

    proto: str
    port: int
    to: str | None = None

    @property
    def name(self) -> str:
        return f"open-{self.proto}-{self.port}"

    def __str__(self) -> str:
        return f"{self.proto}/{self.port}" + (f" to {self.to}" if self.to else "")


@dataclass(frozen=True, slots=True)
class Firewall:
    """Let all of the inside out and its answers in; from the outside, only what is open.

    answers_only   the inside begins nothing: only its answers to what was let in go out
    """

    inside: str
    outside: str
    open: tuple[Opening, ...] = ()
    answers_only: bool = False


@dataclass(frozen=True, slots=True)
class Balancer:
    """Spread what comes to a node's own outside address, for the VPN's port, over its servers.

    mode        by-flow: a flow stays with one server; per-packet: each server in turn
    pinned      the one server that gets everything, whatever the mode
    flip_after  so many packets of a flow go to the first server, all later ones to the second
    """

    inside: str
    outside: str
    mode: str = "by-flow"
    pinned: str | None = None
    flip_after: int | None = None


@dataclass(frozen=True, slots=True)
class Bridge:
    """Join a segment and a tap of the VPN server: its clients are then in that segment.

    pool   the numbers of the first and the last address there that clients get
    """

    segment: str
    pool: tuple[int, int]
    dev: str = "br0"
    tap: str = "tap0"


@dataclass(frozen=True, slots=True)
class Node:
    """A host, or a router when it forwards (which a NAT and a firewall do by nature)."""

    name: str
    gateway: str | None = None
    routes: Mapping[str, str] = field(default_factory=dict)
    forwards: bool = False
    nat: Nat | None = None
    firewall: Firewall | None = None
    bridge: Bridge | None = None
    balancer: Balancer | None = None
    services: tuple[str, ...] = ()

    @property
    def is_router(self) -> bool:
        roles = (self.nat, self.firewall, self.balancer)
        return self.forwards or any(role is not None for role in roles)


@dataclass(frozen=True, slots=True)
class Vpn:
    """Where the tunnel begins and ends, and what it is for.

    remote        the address that the clients are given for the server
    target        the node that is pinged to show that the tunnel carries packets
    iroutes       the networks behind a client that the server reaches through it
    more_servers  further servers, each with the network of its own clients
    """

    clients: tuple[str, ...]
    server: str
    remote: str
    target: str
    network: str = addressing.TUNNEL
    port: int = 1194
    routes: tuple[str, ...] = ()
    iroutes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    more_servers: Mapping[str, str] = field(default_factory=dict)

    @property
    def servers(self) -> tuple[str, ...]:
        return (self.server, *self.more_servers)

    def network_of(self, server: str) -> str:
        """The network of a server's clients."""
        return self.more_servers.get(server, self.network)


@dataclass(frozen=True, slots=True)
class Port:
    """A node's link as the segments imply it."""

    node: str
    dev: str
    segment: str
    address: str  # with its prefix length


@dataclass(frozen=True, slots=True)
class Topology:
    """All of a lab's plan; `labs/topology_check.py` says whether it can be built."""

    name: str
    title: str
    segments: tuple[Segment, ...]
    nodes: tuple[Node, ...]
    vpn: Vpn
    drawing: str = ""

    def node(self, name: str) -> Node:
        """Find a node by name."""
        for node in self.nodes:
            if node.name == name:
                return node
        raise TopologyError(self.name, name, f"no such node, only {self._names()}")

    def _names(self) -> str:
        return ", ".join(node.name for node in self.nodes)

    def ports(self, node: str) -> tuple[Port, ...]:
        """List a node's links in order."""
        segments = [segment for segment in self.segments if node in segment.hosts]
        return tuple(
            Port(node, f"eth{number}", one.name, addressing.host(one.subnet, one.hosts[node]))
            for number, one in enumerate(segments)
        )

    def subnets(self, node: str) -> list[str]:
        """The prefixes that are next to a node."""
        return [segment.subnet for segment in self.segments if node in segment.hosts]

    def dev(self, node: str, segment: str) -> str:
        """Name the link by which a node is in a segment."""
        for port in self.ports(node):
            if port.segment == segment:
                return port.dev
        raise TopologyError(self.name, f"nodes.{node}", f"is not in segment {segment}")

    def address(self, node: str, segment: str | None = None) -> str:
        """The address of a node (in a segment; else its last one, which on a gateway is inside)."""
        ports = [port for port in self.ports(node) if segment in {None, port.segment}]
        if not ports:
            raise TopologyError(self.name, f"nodes.{node}", f"has no address in {segment}")
        return addressing.plain(ports[-1].address)

    def with_port(self, port: int) -> Topology:
        """The same with the VPN on another port, and with what leads to it."""
        nodes = tuple(_moved(node, self.vpn.port, port) for node in self.nodes)
        return replace(self, nodes=nodes, vpn=replace(self.vpn, port=port))


def _moved(node: Node, old: int, new: int) -> Node:
    """A router whose rules for the one port are for the other."""
    nat, firewall = node.nat, node.firewall
    if firewall is not None:
        opened = (replace(one, port=new) if one.port == old else one for one in firewall.open)
        node = replace(node, firewall=replace(firewall, open=tuple(opened)))
    if nat is not None:
        forwards = (replace(one, port=new) if one.port == old else one for one in nat.forwards)
        node = replace(node, nat=replace(nat, forwards=tuple(forwards)))
    return node
