"""The ways on which packets are to arrive: from where, to which address, to which node."""

from __future__ import annotations

import ipaddress
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

from labs.errors import LabError
from labs.explain import ping

if TYPE_CHECKING:
    from labs.lab import Lab

PINGS = 3
SMALL = 56


class Way(NamedTuple):
    """From a node to an address; `target` is the node that has it, if a node was named."""

    source: str
    address: str
    target: str


def asked(lab: Lab, source: str | None, target: str | None) -> list[list[Way]]:
    """What somebody asks about; who asks about nothing means each client and the target.

    Those in one list can be tried at once. What the target sends comes first: a NAT on a client's
    side learns from the other way.
    """
    whole = target or lab.topology.vpn.target
    sources = [source] if source else list(lab.topology.vpn.clients)
    node = whole if whole in lab.nodes else ""
    there = [Way(one, address_of(lab, whole), node) for one in sources]
    if source or target:
        return [there]
    return [[Way(whole, tunnel_address(lab, one), one) for one in sources], there]


def lost(lab: Lab, source: str | None, target: str | None, size: int = SMALL) -> Way | None:
    """The first way on which packets get lost, or come to another node."""
    for ways in asked(lab, source, target):
        known = [way for way in ways if way.address]
        with ThreadPoolExecutor(len(ways)) as pool:
            arrived = list(pool.map(lambda way: _arrives(lab, way, size), known))
        for way, is_there in zip(known, arrived, strict=True):
            if not is_there:
                return way
    return None


def _arrives(lab: Lab, way: Way, size: int) -> bool:
    """Does each ping come back, and from the node that is meant?"""
    count = PINGS if size == SMALL else 1
    argv = ["ping", "-n", "-q", "-c", str(count), "-i", "0.2", "-W", "1", "-s", str(size)]
    argv.append(way.address)
    if f", {count} received" not in lab.run(way.source, argv, check=False).stdout:
        return False
    # An address next to the source may be one beyond the tunnel too: who has answered?
    return not (way.target and is_own(lab, way.source, way.address)) or _gets_there(lab, way)


def _gets_there(lab: Lab, way: Way) -> bool:
    return ping.follow(lab, way.source, way.address).request.nodes[-1:] == (way.target,)


def is_next_to(lab: Lab, one: str, other: str) -> bool:
    """Are two nodes in one network?"""
    return any({one, other} <= set(segment.hosts) for segment in lab.topology.segments)


def is_own(lab: Lab, node: str, address: str) -> bool:
    """Is the address in one of the networks next to a node?"""
    return any(contains(prefix, address) for prefix in lab.topology.subnets(node))


def contains(prefix: str, address: str) -> bool:
    """Is the address in the network? One of another IP version is not."""
    found = ipaddress.ip_network(prefix, strict=False)
    one = ipaddress.ip_address(address)
    return one.version == found.version and one in found


def address_of(lab: Lab, target: str) -> str:
    """Where a node is reached: an end of the tunnel inside it, any other at its own address."""
    if target not in lab.nodes:
        return target
    ends = {end.name for end in lab.clients}
    inner = tunnel_address(lab, target) if target in ends else ""
    return inner or lab.topology.address(target)


def tunnel_address(lab: Lab, node: str) -> str:
    """Where an end is reached inside the tunnel; nothing if it is no end, or has none yet."""
    try:
        return lab.tunnel_address(node)
    except LabError:
        return ""
