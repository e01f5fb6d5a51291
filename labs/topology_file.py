"""Topologies from TOML, and from the state of a lab: plain tables in, a checked `Topology` out.

    name = "my-site"

    [segments.lan]
    subnet = "192.168.7.0/24"
    hosts = { client = 10, nat = 1 }

    [nodes.nat]
    gateway = "203.0.113.1"
    nat = { inside = "lan", outside = "wan", forwards = ["tcp/80 to 192.168.7.5:8080"] }

    [nodes.firewall]
    firewall = { inside = "dmz", outside = "wan", open = ["udp/1194 to 198.51.100.10"] }

    [vpn]
    clients = ["client"]
    server = "server"
    remote = "198.51.100.10"
    target = "files"

and what fewer sites need:

    [segments.lan]
    mtu = 1400
    offload = true                          # cables carry trains of UDP datagrams whole: faster

    [nodes.files]
    routes = { "10.8.0.0/24" = "10.20.0.2" }
    services = ["http", "ftp", "dns"]

    [nodes.firewall.firewall]
    answers_only = true                     # the inside begins nothing

    [nodes.server]
    forwards = true
    bridge = { segment = "dmz", pool = [100, 150] }

    [nodes.balancer]
    balancer = { inside = "servers", outside = "dmz", mode = "per-packet" }
                                            # or pinned = "server-b", or flip_after = 3

    [vpn]
    network = "10.8.0.0/24"
    port = 1194
    routes = ["10.20.0.0/24"]               # pushed
    iroutes = { client = ["192.168.7.0/24"] }
    more_servers = { server-b = "10.9.0.0/24" }

Whatever is wrong is a TopologyError that names the file and the key.
"""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from labs import addressing
from labs.errors import LabError, TopologyError
from labs.topology import (
    BALANCER_MODES,
    NAT_KINDS,
    SERVICES,
    Balancer,
    Bridge,
    Firewall,
    Forward,
    Nat,
    Node,
    Opening,
    Segment,
    Topology,
    Vpn,
)
from labs.topology_check import check

T = TypeVar("T")

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,30}")
FORWARD = re.compile(r"(udp|tcp)/(\d{1,5}) to ([^\s:]+)(?::(\d{1,5}))?")
OPENING = re.compile(r"(udp|tcp)/(\d{1,5})(?: to (\S+))?")


def load(path: Path) -> Topology:
    """Read a topology from a TOML file."""
    import tomllib

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise LabError(f"cannot read {path}", error.strerror or str(error)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise LabError(f"{path} is not TOML", str(error)) from None
    return from_dict(data, path.name, path.stem)


def from_dict(data: dict[str, Any], source: str, default_name: str | None = None) -> Topology:
    """Make a topology of plain tables; `source` is what errors call them."""
    table = Table(source, "", dict(data))
    name = table.take("name", str, default_name)
    if not NAME.fullmatch(name):
        raise table.error("name", "must be letters, digits, - and _, at most 31")
    title = table.take("title", str, "")
    drawing = table.take("drawing", str, "")
    segments = tuple(_segment(one) for one in table.tables("segments"))
    nodes = _nodes(table, segments)
    vpn = _vpn(table.table("vpn"))
    table.done()
    topology = Topology(name, title, segments, nodes, vpn, drawing)
    check(topology, source)
    return topology


class Table:
    """A table being read: each key is taken once, in its type; one that is left is an error."""

    def __init__(self, source: str, key: str, data: dict[str, Any]) -> None:
        self.source = source
        self.key = key
        self.data = data

    def error(self, key: str, why: str) -> TopologyError:
        return TopologyError(self.source, f"{self.key}.{key}".lstrip("."), why)

    @property
    def name(self) -> str:
        return self.key.rpartition(".")[2]

    def take(self, key: str, kind: type[T], default: T | None = None) -> T:
        """Take a value; without a default it must be there."""
        if key not in self.data:
            if default is None:
                raise self.error(key, "is missing")
            return default
        value = self.data.pop(key)
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error(key, f"must be {KINDS[kind]}, not {value!r}")
        return value

    def optional(self, key: str, kind: type[T]) -> T | None:
        return self.take(key, kind) if key in self.data else None

    def texts(self, key: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """Take a list of texts."""
        found = self.take(key, list, None if default is None else list(default))
        for value in found:
            if not isinstance(value, str):
                raise self.error(key, f"must be a list of texts, not {value!r}")
        return tuple(found)

    def one_of(self, key: str, choices: tuple[str, ...], default: str) -> str:
        value = self.take(key, str, default)
        if value not in choices:
            raise self.error(key, f'must be {" or ".join(choices)}, not "{value}"')
        return value

    def table(self, key: str) -> Table:
        """Take a table within."""
        return Table(self.source, f"{self.key}.{key}".lstrip("."), dict(self.take(key, dict)))

    def optional_table(self, key: str) -> Table:
        """Take a table within, an empty one if it is not there."""
        return self.table(key) if key in self.data else Table(self.source, "", {})

    def tables(self, key: str) -> list[Table]:
        """Take a table of tables, by name."""
        found = self.table(key)
        return [found.table(name) for name in list(found.data)]

    def done(self) -> None:
        """Refuse what nobody took."""
        for key in self.data:
            raise self.error(key, "is not known here")


KINDS: dict[type, str] = {
    str: "a text", int: "a number", bool: "true or false", list: "a list", dict: "a table",
}  # fmt: skip


# --- the parts --------------------------------------------------------------------------------


def _segment(table: Table) -> Segment:
    subnet = table.take("subnet", str)
    try:
        addressing.network(subnet)
    except ValueError as error:
        raise table.error("subnet", str(error)) from None
    hosts = table.table("hosts")
    numbers = {}
    for node in list(hosts.data):
        number = hosts.take(node, int)
        try:
            addressing.host(subnet, number)
        except ValueError as error:
            raise hosts.error(node, str(error)) from None
        numbers[node] = number
    mtu = table.take("mtu", int, 1500)
    offload = table.take("offload", bool, False)
    table.done()
    return Segment(table.name, subnet, numbers, mtu, offload)


def _nodes(table: Table, segments: tuple[Segment, ...]) -> tuple[Node, ...]:
    """Read the nodes; one that only stands in a segment's hosts needs no table of its own."""
    written = [_node(one) for one in table.tables("nodes")] if "nodes" in table.data else []
    names = {node.name for node in written}
    implied = dict.fromkeys(name for segment in segments for name in segment.hosts)
    return (*written, *(Node(name) for name in implied if name not in names))


def _node(table: Table) -> Node:
    if not NAME.fullmatch(table.name):
        raise TopologyError(table.source, table.key, "is no name for a node")
    routes = table.optional_table("routes")
    services = table.texts("services", ())
    for service in services:
        if service not in SERVICES:
            raise table.error("services", f'must be of {", ".join(SERVICES)}, not "{service}"')
    node = Node(
        name=table.name,
        gateway=table.optional("gateway", str),
        routes={prefix: routes.take(prefix, str) for prefix in list(routes.data)},
        forwards=table.take("forwards", bool, False),
        nat=_nat(table.table("nat")) if "nat" in table.data else None,
        firewall=_firewall(table.table("firewall")) if "firewall" in table.data else None,
        bridge=_bridge(table.table("bridge")) if "bridge" in table.data else None,
        balancer=_balancer(table.table("balancer")) if "balancer" in table.data else None,
        services=services,
    )
    table.done()
    return node


def _nat(table: Table) -> Nat:
    kind = table.one_of("kind", NAT_KINDS, "port-restricted")
    forwards = []
    for text in table.texts("forwards", ()):
        found = FORWARD.fullmatch(text)
        if found is None or not _are_ports(found[2], found[4] or found[2]):
            raise table.error("forwards", f'must be like "udp/1194 to 10.20.0.2", not "{text}"')
        to_port = int(found[4]) if found[4] else None
        forwards.append(Forward(found[1], int(found[2]), found[3], to_port))
    nat = Nat(table.take("inside", str), table.take("outside", str), kind, tuple(forwards))
    table.done()
    return nat


def _are_ports(*texts: str) -> bool:
    return all(1 <= int(text) <= 65535 for text in texts)


def _firewall(table: Table) -> Firewall:
    opened = []
    for text in table.texts("open", ()):
        found = OPENING.fullmatch(text)
        if found is None or not _are_ports(found[2]):
            raise table.error("open", f'must be like "udp/1194 to 198.51.100.10", not "{text}"')
        opened.append(Opening(found[1], int(found[2]), found[3]))
    firewall = Firewall(
        table.take("inside", str),
        table.take("outside", str),
        tuple(opened),
        table.take("answers_only", bool, False),
    )
    table.done()
    return firewall


def _bridge(table: Table) -> Bridge:
    pool = table.take("pool", list)
    if [type(one) for one in pool] != [int, int]:
        raise table.error("pool", f"must be like [100, 150], not {pool!r}")
    bridge = Bridge(
        table.take("segment", str),
        (pool[0], pool[1]),
        table.take("dev", str, "br0"),
        table.take("tap", str, "tap0"),
    )
    table.done()
    return bridge


def _balancer(table: Table) -> Balancer:
    balancer = Balancer(
        table.take("inside", str),
        table.take("outside", str),
        table.one_of("mode", BALANCER_MODES, "by-flow"),
        table.optional("pinned", str),
        table.optional("flip_after", int),
    )
    table.done()
    return balancer


def _vpn(table: Table) -> Vpn:
    iroutes, more = table.optional_table("iroutes"), table.optional_table("more_servers")
    vpn = Vpn(
        clients=table.texts("clients"),
        server=table.take("server", str),
        remote=table.take("remote", str),
        target=table.take("target", str),
        network=table.take("network", str, addressing.TUNNEL),
        port=table.take("port", int, 1194),
        routes=table.texts("routes", ()),
        iroutes={name: iroutes.texts(name) for name in list(iroutes.data)},
        more_servers={name: more.take(name, str) for name in list(more.data)},
    )
    table.done()
    return vpn


# --- and back ---------------------------------------------------------------------------------


def to_dict(topology: Topology) -> dict[str, Any]:
    """Write a topology as the tables that `from_dict` reads."""
    vpn = topology.vpn
    return {
        "name": topology.name,
        "title": topology.title,
        "drawing": topology.drawing,
        "segments": {
            one.name: {
                "subnet": one.subnet,
                "hosts": dict(one.hosts),
                "mtu": one.mtu,
                "offload": one.offload,
            }
            for one in topology.segments
        },
        "nodes": {node.name: _node_tables(node) for node in topology.nodes},
        "vpn": {
            "clients": list(vpn.clients),
            "server": vpn.server,
            "remote": vpn.remote,
            "target": vpn.target,
            "network": vpn.network,
            "port": vpn.port,
            "routes": list(vpn.routes),
            "more_servers": dict(vpn.more_servers),
            "iroutes": {name: list(prefixes) for name, prefixes in vpn.iroutes.items()},
        },
    }


def _node_tables(node: Node) -> dict[str, Any]:
    tables: dict[str, Any] = {
        "routes": dict(node.routes),
        "forwards": node.forwards,
        "services": list(node.services),
    }
    if node.gateway is not None:
        tables["gateway"] = node.gateway
    if node.nat is not None:
        nat = node.nat
        tables["nat"] = {
            "inside": nat.inside,
            "outside": nat.outside,
            "kind": nat.kind,
            "forwards": [str(one) for one in nat.forwards],
        }
    if node.firewall is not None:
        firewall = node.firewall
        tables["firewall"] = {
            "inside": firewall.inside,
            "outside": firewall.outside,
            "open": [str(one) for one in firewall.open],
            "answers_only": firewall.answers_only,
        }
    if node.bridge is not None:
        tables["bridge"] = {**asdict(node.bridge), "pool": list(node.bridge.pool)}
    if node.balancer is not None:
        written = asdict(node.balancer).items()
        tables["balancer"] = {key: value for key, value in written if value is not None}
    return tables
