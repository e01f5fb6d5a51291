"""Addresses and routes of one network namespace."""

from __future__ import annotations

import ipaddress
import socket
import struct

from netns import link, netlink
from netns.netlink import Netlink, attribute

IFA_ADDRESS, IFA_LOCAL, IFA_BROADCAST = 1, 2, 4
IFA_F_NODAD = 0x02
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_PREFSRC = 1, 4, 5, 6, 7
RT_TABLE_MAIN, RTPROT_STATIC = 254, 4
RT_SCOPE_UNIVERSE, RT_SCOPE_LINK = 0, 253
RTN_UNICAST, RTN_BLACKHOLE, RTN_UNREACHABLE = 1, 6, 7
ROUTE_KINDS = {
    "unicast": RTN_UNICAST,
    "blackhole": RTN_BLACKHOLE,
    "unreachable": RTN_UNREACHABLE,
}

_IFADDR = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
_ROUTE = struct.Struct("=BBBBBBBBI")  # family, dst len, src len, tos, table, protocol, scope, type


def _family(version: int) -> int:
    return socket.AF_INET if version == 4 else socket.AF_INET6


def _address(kernel: Netlink, dev: str, address: str) -> bytes:
    interface = ipaddress.ip_interface(address)
    header = _IFADDR.pack(
        _family(interface.version),
        interface.network.prefixlen,
        IFA_F_NODAD if interface.version == 6 else 0,
        RT_SCOPE_UNIVERSE,
        link.index_of(kernel, dev),
    )
    packed = interface.ip.packed
    body = header + attribute(IFA_LOCAL, packed) + attribute(IFA_ADDRESS, packed)
    if interface.version == 4 and interface.network.prefixlen < 31:
        body += attribute(IFA_BROADCAST, interface.network.broadcast_address.packed)
    return body


def add_address(kernel: Netlink, dev: str, address: str) -> None:
    """Give a link an address, "192.168.50.10/24"; IPv6 skips duplicate detection."""
    body = _address(kernel, dev, address)
    kernel.request(netlink.RTM_NEWADDR, body, netlink.NLM_F_CREATE | netlink.NLM_F_EXCL)


def remove_address(kernel: Netlink, dev: str, address: str) -> None:
    """Take an address away; routes that used it go with it."""
    kernel.request(netlink.RTM_DELADDR, _address(kernel, dev, address))


def destination(text: str, via: str | None) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    """Read a route's destination; "default" is of the gateway's family."""
    if text != "default":
        return ipaddress.ip_network(text)
    is_six = via is not None and ":" in via
    return ipaddress.ip_network("::/0" if is_six else "0.0.0.0/0")


def _route(
    kernel: Netlink, to: str, via: str | None, dev: str | None, metric: int | None, kind: str
) -> bytes:
    network = destination(to, via)
    scope = RT_SCOPE_LINK if via is None and dev is not None else RT_SCOPE_UNIVERSE
    body = _ROUTE.pack(
        _family(network.version), network.prefixlen, 0, 0,
        RT_TABLE_MAIN, RTPROT_STATIC, scope, ROUTE_KINDS[kind], 0,
    )  # fmt: skip
    body += attribute(RTA_DST, network.network_address.packed)
    if via is not None:
        body += attribute(RTA_GATEWAY, ipaddress.ip_address(via).packed)
    if dev is not None:
        body += attribute(RTA_OIF, link.index_of(kernel, dev))
    if metric is not None:
        body += attribute(RTA_PRIORITY, metric)
    return body


def add_route(
    kernel: Netlink,
    to: str,
    via: str | None = None,
    dev: str | None = None,
    metric: int | None = None,
    kind: str = "unicast",
) -> None:
    """Add a route, or replace the one to the same destination with the same metric."""
    body = _route(kernel, to, via, dev, metric, kind)
    kernel.request(netlink.RTM_NEWROUTE, body, netlink.NLM_F_CREATE | netlink.NLM_F_REPLACE)


def remove_route(
    kernel: Netlink,
    to: str,
    via: str | None = None,
    dev: str | None = None,
    metric: int | None = None,
    kind: str = "unicast",
) -> None:
    """Take a route away."""
    kernel.request(netlink.RTM_DELROUTE, _route(kernel, to, via, dev, metric, kind))
