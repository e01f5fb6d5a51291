"""Changes of one interface, its addresses and the routes: one request to the kernel at a time.

    nlmsghdr    u32 length, u16 type, u16 flags, u32 sequence number, u32 port       netlink(7)
    ifinfmsg    u8 family, pad, u16 type, i32 index, u32 flags, u32 change           rtnetlink(7)
    ifaddrmsg   u8 family, u8 prefix length, u8 flags, u8 scope, i32 index
    rtmsg       u8 family, destination length, source length, tos, table, protocol, scope, type,
                u32 flags
    rtattr      u16 length, u16 type, value, padding to 4 bytes; any number of them

These few are packed here, as a tunnel waits for them: docs/decisions/rtnetlink.md has the figures.
"""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Mapping

HEADER = struct.Struct("=IHHII")
LINK = struct.Struct("=BxHiII")
ADDRESS = struct.Struct("=4Bi")
ROUTE = struct.Struct("=8BI")
ATTRIBUTE = struct.Struct("=HH")
NUMBER = struct.Struct("=I")
ERROR = struct.Struct("=16xi")  # nlmsghdr, then a negative errno; 0: done

RTM_NEWLINK, RTM_NEWADDR, RTM_DELADDR, RTM_NEWROUTE, RTM_DELROUTE = 16, 20, 21, 24, 25
REQUEST, ACK, EXCLUSIVE, CREATE = 0x1, 0x4, 0x200, 0x400  # NLM_F_*
IFLA_ADDRESS, IFLA_MTU, IFLA_TXQLEN, IFLA_GSO_MAX_SEGS = 1, 4, 13, 40
IFA_ADDRESS, IFA_LOCAL = 1, 2
RTA_DST, RTA_OIF, RTA_GATEWAY, RTA_PRIORITY = 1, 4, 5, 6

ADD, REMOVE = CREATE | EXCLUSIVE, 0
IFF_UP = 1
RT_TABLE_MAIN, RTPROT_UNSPEC, RTPROT_BOOT, RTN_UNICAST = 254, 0, 3, 1
RT_SCOPE_UNIVERSE, RT_SCOPE_LINK = 0, 253
RECEIVE_SIZE = 4096


class Netlink:
    """One socket. Each method is one request; an OSError is the kernel's no."""

    def __init__(self) -> None:
        self._socket = socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, socket.NETLINK_ROUTE
        )
        self._socket.bind((0, 0))

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()

    def set_link(
        self,
        index: int,
        *,
        is_up: bool = False,
        mtu: int | None = None,
        address: str | None = None,
        txqlen: int | None = None,
        gso_max_segs: int | None = None,
    ) -> None:
        """Change what is given, leave the rest. address: of the hardware, with colons."""
        flags = IFF_UP if is_up else 0
        values = {
            IFLA_ADDRESS: bytes.fromhex(address.replace(":", "")) if address else None,
            IFLA_MTU: _number(mtu),
            IFLA_TXQLEN: _number(txqlen),
            IFLA_GSO_MAX_SEGS: _number(gso_max_segs),
        }
        self._request(RTM_NEWLINK, 0, LINK.pack(socket.AF_UNSPEC, 0, index, flags, flags), values)

    def address(self, what: int, index: int, local: str, bits: int, peer: str | None) -> None:
        """ADD or REMOVE an address; with a peer, `bits` are the peer's."""
        family = _family(local)
        values = {
            IFA_LOCAL: socket.inet_pton(family, local),
            IFA_ADDRESS: socket.inet_pton(family, peer or local),
        }
        message = ADDRESS.pack(family, bits, 0, RT_SCOPE_UNIVERSE, index)
        self._request(RTM_NEWADDR if what else RTM_DELADDR, what, message, values)

    def route(
        self, what: int, network: str, gateway: str | None, device: int | None, metric: int | None
    ) -> None:
        """ADD or REMOVE a route of the main table. EEXIST: there is this very one.

        One to the same network by another way stays, and counts again when ours is gone: also
        that of a LAN whose prefix the tunnel leads to, too.
        """
        prefix, _, bits = network.partition("/")
        family = _family(prefix)
        # The kernel refuses an IPv4 route to a bare device unless its scope is the link.
        is_on_link = gateway is None and family == socket.AF_INET
        scope = RT_SCOPE_LINK if is_on_link else RT_SCOPE_UNIVERSE
        protocol = RTPROT_BOOT if what else RTPROT_UNSPEC  # whoever made it
        values = {
            RTA_DST: socket.inet_pton(family, prefix),
            RTA_GATEWAY: socket.inet_pton(family, gateway) if gateway else None,
            RTA_OIF: _number(device),
            RTA_PRIORITY: _number(metric),
        }
        message = ROUTE.pack(
            family, int(bits), 0, 0, RT_TABLE_MAIN, protocol, scope, RTN_UNICAST, 0
        )
        flags = what & ~EXCLUSIVE
        self._request(RTM_NEWROUTE if what else RTM_DELROUTE, flags, message, values)

    def _request(
        self, kind: int, flags: int, message: bytes, values: Mapping[int, bytes | None]
    ) -> None:
        for name, value in values.items():
            if value is not None:
                message += ATTRIBUTE.pack(ATTRIBUTE.size + len(value), name) + value
                message += bytes(-len(value) % 4)
        size = HEADER.size + len(message)
        self._socket.send(HEADER.pack(size, kind, REQUEST | ACK | flags, 0, 0) + message)
        failure = -ERROR.unpack_from(self._socket.recv(RECEIVE_SIZE))[0]
        if failure:
            raise OSError(failure, os.strerror(failure))


def _number(value: int | None) -> bytes | None:
    return None if value is None else NUMBER.pack(value)


def _family(address: str) -> int:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
