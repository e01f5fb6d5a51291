"""Links of one network namespace: veth pairs, bridges, and their state."""

from __future__ import annotations

import socket
import struct
from dataclasses import dataclass

from netns import netlink
from netns.netlink import Netlink, attribute

IFF_UP = 0x1
IFLA_ADDRESS, IFLA_IFNAME, IFLA_MTU, IFLA_LINK = 1, 3, 4, 5
IFLA_MASTER, IFLA_OPERSTATE, IFLA_LINKINFO, IFLA_IFALIAS, IFLA_NET_NS_FD = 10, 16, 18, 20, 28
IFLA_INFO_KIND, IFLA_INFO_DATA = 1, 2
VETH_INFO_PEER = 1
IFLA_BR_FORWARD_DELAY, IFLA_BR_STP_STATE, IFLA_BR_MCAST_SNOOPING = 1, 5, 23

OPERSTATES = ("unknown", "notpresent", "down", "lowerlayerdown", "testing", "dormant", "up")

_IFINFO = struct.Struct("=BxHiII")  # family, type, index, flags, mask of the flags to change


@dataclass(frozen=True, slots=True)
class Link:
    """What the kernel says of one link."""

    name: str
    index: int
    operstate: str
    is_up: bool
    mtu: int
    mac: str


def _info(index: int = 0, flags: int = 0, change: int = 0) -> bytes:
    return _IFINFO.pack(socket.AF_UNSPEC, 0, index, flags, change)


def links(kernel: Netlink) -> dict[str, Link]:
    """List the links by name."""
    found = {}
    for body in kernel.dump(netlink.RTM_GETLINK, _info()):
        _family, _type, index, flags, _change = _IFINFO.unpack_from(body)
        values = netlink.attributes(body[_IFINFO.size :])
        name = values[IFLA_IFNAME].rstrip(b"\0").decode()
        found[name] = Link(
            name=name,
            index=index,
            operstate=OPERSTATES[values[IFLA_OPERSTATE][0]],
            is_up=bool(flags & IFF_UP),
            mtu=int.from_bytes(values[IFLA_MTU], "little"),
            mac=values.get(IFLA_ADDRESS, b"").hex(":"),
        )
    return found


def index_of(kernel: Netlink, name: str) -> int:
    """Find a link's number, which every other request wants."""
    found = links(kernel)
    if name not in found:
        raise OSError(19, f"no link {name}, only {', '.join(sorted(found))}")
    return found[name].index


def add_bridge(kernel: Netlink, name: str) -> int:
    """Make a bridge that forwards at once: no spanning tree, no snooping; return its index."""
    data = (
        attribute(IFLA_BR_FORWARD_DELAY, 0)
        + attribute(IFLA_BR_STP_STATE, 0)
        + attribute(IFLA_BR_MCAST_SNOOPING, b"\0")
    )
    kind = attribute(IFLA_INFO_KIND, b"bridge") + attribute(IFLA_INFO_DATA, data)
    body = _info(0, IFF_UP, IFF_UP) + attribute(IFLA_IFNAME, name) + attribute(IFLA_LINKINFO, kind)
    _create(kernel, body)
    return index_of(kernel, name)


@dataclass(frozen=True, slots=True)
class Peer:
    """The far end of a veth pair: what it is called, and in which network namespace."""

    name: str
    namespace_fd: int
    mac: bytes


def add_veth(kernel: Netlink, name: str, peer: Peer, *, master: int, mtu: int) -> None:
    """Make a cable from a port of a bridge here to a link in another namespace, both ends down.

    An end that comes up in the request that also gives its master is refused with ENOTCONN.
    """
    far = (
        _info()
        + attribute(IFLA_IFNAME, peer.name)
        + attribute(IFLA_MTU, mtu)
        + attribute(IFLA_ADDRESS, peer.mac)
        + attribute(IFLA_NET_NS_FD, peer.namespace_fd)
    )
    data = attribute(VETH_INFO_PEER, far)
    kind = attribute(IFLA_INFO_KIND, b"veth") + attribute(IFLA_INFO_DATA, data)
    body = (
        _info()
        + attribute(IFLA_IFNAME, name)
        + attribute(IFLA_MTU, mtu)
        + attribute(IFLA_MASTER, master)
        + attribute(IFLA_LINKINFO, kind)
    )
    _create(kernel, body)


def _create(kernel: Netlink, body: bytes) -> None:
    kernel.request(netlink.RTM_NEWLINK, body, netlink.NLM_F_CREATE | netlink.NLM_F_EXCL)


def set_up(kernel: Netlink, name: str, *, up: bool) -> None:
    """Switch a link on or off."""
    body = _info(index_of(kernel, name), IFF_UP if up else 0, IFF_UP)
    kernel.request(netlink.RTM_NEWLINK, body)


def set_mtu(kernel: Netlink, name: str, mtu: int) -> None:
    """Change the size of the largest packet."""
    body = _info(index_of(kernel, name)) + attribute(IFLA_MTU, mtu)
    kernel.request(netlink.RTM_NEWLINK, body)


def remove(kernel: Netlink, name: str) -> None:
    """Delete a link; the other end of a veth pair goes with it."""
    kernel.request(netlink.RTM_DELLINK, _info(index_of(kernel, name)))
