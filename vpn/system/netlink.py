"""Requests to the kernel's rtnetlink: links, addresses, routes. As much of it as a tunnel needs.

    nlmsghdr   u32 length  u16 type  u16 flags  u32 sequence  u32 port
    then       ifinfomsg | ifaddrmsg | rtmsg
    then       attributes: u16 length  u16 type  value, padded to 4            (rtnetlink(7))

Our own instead of pyroute2, whose import alone takes ten times what the whole handshake does:
docs/decisions/rtnetlink.md has the figures.
"""

from __future__ import annotations

import errno
import os
import socket
import struct
from collections.abc import Iterator
from typing import NamedTuple

HEADER = struct.Struct("=IHHII")
LINK_BODY = struct.Struct("=BxHiII")  # family, device type, index, flags, mask of flags
ADDRESS_BODY = struct.Struct("=BBBBI")  # family, prefix length, flags, scope, index
ROUTE_BODY = struct.Struct("=BBBBBBBBI")  # family, dst/src bits, tos, table, proto, scope, type
ATTRIBUTE = struct.Struct("=HH")
U32 = struct.Struct("=I")
ERROR = struct.Struct("=i")

NLMSG_ERROR, NLMSG_DONE = 2, 3
NLM_F_REQUEST, NLM_F_ACK, NLM_F_EXCL, NLM_F_CREATE, NLM_F_DUMP = 0x1, 0x4, 0x200, 0x400, 0x300
RTM_NEWLINK, RTM_NEWADDR, RTM_DELADDR = 16, 20, 21
RTM_NEWROUTE, RTM_DELROUTE, RTM_GETROUTE = 24, 25, 26
IFF_UP = 1
IFLA_ADDRESS, IFLA_MTU, IFLA_TXQLEN = 1, 4, 13
IFA_ADDRESS, IFA_LOCAL = 1, 2
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY, RTA_TABLE = 1, 4, 5, 6, 15
RT_TABLE_MAIN, RTPROT_BOOT, RTN_UNICAST = 254, 3, 1
RT_SCOPE_UNIVERSE, RT_SCOPE_LINK = 0, 253
RECEIVE_SIZE = 65536


class NextHop(NamedTuple):
    """Where a route leads: a gateway (None for a network on the link itself) and an interface."""

    gateway: str | None
    device: int
    metric: int = 0


class Netlink:
    """One socket. Each method is one request and waits for the kernel's verdict: an OSError."""

    def __init__(self) -> None:
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE
        )
        self._socket.bind((0, 0))
        self._sequence = 0

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    # -- links and addresses -------------------------------------------------------------------

    def set_link(
        self,
        index: int,
        *,
        up: bool = False,
        mtu: int | None = None,
        mac: str | None = None,
        queue_length: int | None = None,
    ) -> None:
        """Change what is given, leave the rest."""
        flags = IFF_UP if up else 0
        attributes = b""
        if mtu is not None:
            attributes += attribute(IFLA_MTU, U32.pack(mtu))
        if mac is not None:
            attributes += attribute(IFLA_ADDRESS, bytes.fromhex(mac.replace(":", "")))
        if queue_length is not None:
            attributes += attribute(IFLA_TXQLEN, U32.pack(queue_length))
        self._do(RTM_NEWLINK, 0, LINK_BODY.pack(0, 0, index, flags, flags) + attributes)

    def add_address(self, index: int, local: str, bits: int, peer: str | None = None) -> None:
        """An address on an interface; with a peer, `bits` are the peer's."""
        body = _address(index, local, bits, peer)
        self._do(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, body)

    def remove_address(self, index: int, local: str, bits: int, peer: str | None = None) -> None:
        """The inverse."""
        self._do(RTM_DELADDR, 0, _address(index, local, bits, peer))

    # -- routes --------------------------------------------------------------------------------

    def add_route(
        self, network: str, gateway: str | None, device: int | None, metric: int | None = None
    ) -> None:
        """A route in the main table; EEXIST if there is one like it."""
        body = _route(network, gateway, device, metric)
        self._do(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, body)

    def remove_route(
        self, network: str, gateway: str | None, device: int | None, metric: int | None = None
    ) -> None:
        """The inverse; ESRCH if it is gone."""
        self._do(RTM_DELROUTE, 0, _route(network, gateway, device, metric))

    def route_to(self, host: str) -> NextHop:
        """The way that a packet to this host would take now."""
        family, value = _packed(host)
        body = ROUTE_BODY.pack(family, len(value) * 8, 0, 0, 0, 0, 0, 0, 0)
        answers = self._ask(RTM_GETROUTE, 0, body + attribute(RTA_DST, value))
        return _next_hop(family, next(iter(answers))[1])

    def default_route(self, family: int) -> NextHop | None:
        """The default route with the smallest metric."""
        body = ROUTE_BODY.pack(family, 0, 0, 0, 0, 0, 0, 0, 0)
        found = []
        for fixed, attributes in self._ask(RTM_GETROUTE, NLM_F_DUMP, body):
            _, bits, _, _, table, _, _, kind, _ = ROUTE_BODY.unpack(fixed)
            if (bits, table, kind) == (0, RT_TABLE_MAIN, RTN_UNICAST) and RTA_OIF in attributes:
                found.append(_next_hop(family, attributes))
        return min(found, key=lambda hop: hop.metric, default=None)

    # -- messages ------------------------------------------------------------------------------

    def _do(self, kind: int, flags: int, body: bytes) -> None:
        """A request without an answer but yes or no."""
        for _ in self._ask(kind, flags | NLM_F_ACK, body):
            pass

    def _ask(self, kind: int, flags: int, body: bytes) -> list[tuple[bytes, dict[int, bytes]]]:
        """A request and its answers: the fixed part, and the attributes by type."""
        self._sequence += 1
        header = HEADER.pack(
            HEADER.size + len(body), kind, NLM_F_REQUEST | flags, self._sequence, 0
        )
        self._socket.send(header + body)
        answers: list[tuple[bytes, dict[int, bytes]]] = []
        while True:
            for answer, data in _messages(self._socket.recv(RECEIVE_SIZE), self._sequence):
                if answer == NLMSG_DONE:
                    return answers
                if answer == NLMSG_ERROR:
                    failure = -ERROR.unpack_from(data)[0]
                    if failure:
                        raise OSError(failure, os.strerror(failure))
                    return answers
                size = ROUTE_BODY.size
                answers.append((data[:size], dict(_attributes(data, size))))
                if not flags & (NLM_F_ACK | NLM_F_DUMP):
                    return answers


def attribute(kind: int, value: bytes) -> bytes:
    """Header, value, padding."""
    length = ATTRIBUTE.size + len(value)
    return ATTRIBUTE.pack(length, kind) + value + bytes(-length % 4)


def _messages(data: bytes, sequence: int) -> Iterator[tuple[int, bytes]]:
    """The messages in one datagram that answer this request."""
    at = 0
    while at + HEADER.size <= len(data):
        length, kind, _, answered, _ = HEADER.unpack_from(data, at)
        if length < HEADER.size:
            raise OSError(errno.EBADMSG, "netlink message too short")
        if answered == sequence:
            yield kind, data[at + HEADER.size : at + length]
        at += length + -length % 4


def _attributes(data: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    while at + ATTRIBUTE.size <= len(data):
        length, kind = ATTRIBUTE.unpack_from(data, at)
        if length < ATTRIBUTE.size:
            return
        yield kind, data[at + ATTRIBUTE.size : at + length]
        at += length + -length % 4


def _packed(host: str) -> tuple[int, bytes]:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return family, socket.inet_pton(family, host)


def _address(index: int, local: str, bits: int, peer: str | None) -> bytes:
    family, value = _packed(local)
    body = ADDRESS_BODY.pack(family, bits, 0, RT_SCOPE_UNIVERSE, index)
    far = value if peer is None else _packed(peer)[1]
    return body + attribute(IFA_LOCAL, value) + attribute(IFA_ADDRESS, far)


def _route(network: str, gateway: str | None, device: int | None, metric: int | None) -> bytes:
    host, _, bits = network.partition("/")
    family, value = _packed(host)
    # The kernel refuses an IPv4 route to a bare device unless its scope is the link.
    is_on_link = gateway is None and family == socket.AF_INET
    scope = RT_SCOPE_LINK if is_on_link else RT_SCOPE_UNIVERSE
    body = ROUTE_BODY.pack(
        family, int(bits), 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, scope, RTN_UNICAST, 0
    )
    body += attribute(RTA_DST, value)
    if gateway is not None:
        body += attribute(RTA_GATEWAY, _packed(gateway)[1])
    if device is not None:
        body += attribute(RTA_OIF, U32.pack(device))
    if metric is not None:
        body += attribute(RTA_PRIORITY, U32.pack(metric))
    return body


def _next_hop(family: int, attributes: dict[int, bytes]) -> NextHop:
    gateway = attributes.get(RTA_GATEWAY)
    metric = attributes.get(RTA_PRIORITY)
    return NextHop(
        socket.inet_ntop(family, gateway) if gateway else None,
        U32.unpack(attributes[RTA_OIF])[0] if RTA_OIF in attributes else 0,
        U32.unpack(metric)[0] if metric else 0,
    )
