"""Changes of one interface, its addresses and the routes: pyroute2's messages, one at a time.

pyroute2 knows how each message looks; its own socket runs an event loop for each request, which
takes as long as all the requests of a tunnel here: docs/decisions/rtnetlink.md has the figures.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import struct
from collections.abc import Mapping

from pyroute2.netlink import NLM_F_ACK, NLM_F_CREATE, NLM_F_EXCL, NLM_F_REQUEST, nlmsg
from pyroute2.netlink.rtnl import (
    RTM_DELADDR,
    RTM_DELROUTE,
    RTM_NEWADDR,
    RTM_NEWLINK,
    RTM_NEWROUTE,
)
from pyroute2.netlink.rtnl.ifaddrmsg import ifaddrmsg
from pyroute2.netlink.rtnl.ifinfmsg import ifinfmsg
from pyroute2.netlink.rtnl.rtmsg import rtmsg

ADD, REMOVE = NLM_F_CREATE | NLM_F_EXCL, 0
IFF_UP = 1
RT_TABLE_MAIN, RTPROT_UNSPEC, RTPROT_BOOT, RTN_UNICAST = 254, 0, 3, 1
RT_SCOPE_UNIVERSE, RT_SCOPE_LINK = 0, 253
ERROR = struct.Struct("=16xi")  # nlmsghdr, then a negative errno; 0: done
RECEIVE_SIZE = 4096


class Netlink:
    """One socket. Each method is one request; an OSError is the kernel's no."""

    def __init__(self) -> None:
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE
        )
        self._socket.bind((0, 0))
        for kind in (ifinfmsg, ifaddrmsg, rtmsg):
            kind()  # pyroute2 makes a table with the first of a kind: before a tunnel waits for it

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def set_link(self, index: int, *, is_up: bool = False, **attributes: str | int) -> None:
        """Change what is given (mtu, address, txqlen), leave the rest."""
        message = ifinfmsg()
        message["index"] = index
        message["flags"] = message["change"] = IFF_UP if is_up else 0
        named = {f"IFLA_{name.upper()}": value for name, value in attributes.items()}
        self._request(message, RTM_NEWLINK, 0, named)

    def address(self, what: int, index: int, local: str, bits: int, peer: str | None) -> None:
        """ADD or REMOVE an address; with a peer, `bits` are the peer's."""
        message = ifaddrmsg()
        message["family"] = _family(local)
        message["prefixlen"], message["index"] = bits, index
        values = {"IFA_LOCAL": local, "IFA_ADDRESS": peer or local}
        self._request(message, RTM_NEWADDR if what else RTM_DELADDR, what, values)

    def route(
        self, what: int, network: str, gateway: str | None, device: int | None, metric: int | None
    ) -> None:
        """ADD or REMOVE a route of the main table. EEXIST: there is one like it."""
        destination = ipaddress.ip_network(network)
        family = _family(network)
        # The kernel refuses an IPv4 route to a bare device unless its scope is the link.
        is_on_link = gateway is None and family == socket.AF_INET
        message = rtmsg()
        message["family"], message["dst_len"] = family, destination.prefixlen
        message["table"] = RT_TABLE_MAIN
        message["proto"] = RTPROT_BOOT if what else RTPROT_UNSPEC  # whoever made it
        message["type"] = RTN_UNICAST
        message["scope"] = RT_SCOPE_LINK if is_on_link else RT_SCOPE_UNIVERSE
        values: dict[str, str | int | None] = {
            "RTA_DST": str(destination.network_address),
            "RTA_GATEWAY": gateway,
            "RTA_OIF": device,
            "RTA_PRIORITY": metric,
        }
        self._request(message, RTM_NEWROUTE if what else RTM_DELROUTE, what, values)

    def _request(
        self, message: nlmsg, kind: int, flags: int, values: Mapping[str, str | int | None]
    ) -> None:
        message["header"]["type"] = kind
        message["header"]["flags"] = NLM_F_REQUEST | NLM_F_ACK | flags
        message["attrs"] = [(name, value) for name, value in values.items() if value is not None]
        message.encode()
        self._socket.send(message.data)
        failure = -ERROR.unpack_from(self._socket.recv(RECEIVE_SIZE))[0]
        if failure:
            raise OSError(failure, os.strerror(failure))


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
