"""A server's UDP link that answers from the address it was asked at [man: --multihome].

Before: tunnel/one_remote.py OneRemote.encapsulate
After: the wire

The kernel says with each datagram which of our addresses it came to, and takes a wish with each
one that leaves. Which interface it leaves by is up to routing.
"""

from __future__ import annotations

import errno
import socket
import struct
from typing import TYPE_CHECKING

from vpn.errors import Drop
from vpn.events import Address, Incoming
from vpn.system.link import SocketAddress, address_from, socket_address
from vpn.system.udp import MAX_DATAGRAM, MAX_KNOWN, UdpLink

if TYPE_CHECKING:
    from collections import Counter

IP_PKTINFO = 8  # <linux/in.h>: socket has no name for it
PKTINFO_4 = struct.Struct("=I4s4s")  # interface, the address to send from, the one it came to
PKTINFO_6 = struct.Struct("=16sI")  # address, interface
CONTROL_SPACE = 128

Ancillary = list[tuple[int, int, bytes]]


class MultihomeUdpLink(UdpLink):
    """A UDP socket that knows all of its addresses."""

    takes_trains = False

    def __init__(
        self, sock: socket.socket, drops: Counter[Drop], *, is_server: bool, tag: str = ""
    ) -> None:
        super().__init__(sock, drops, is_server=is_server, tag=tag)
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        self._known: dict[tuple[SocketAddress, str], Address] = {}
        self._targets: dict[Address, tuple[SocketAddress, Ancillary]] = {}

    def recv_batch(self, limit: int) -> list[Incoming]:
        """Datagrams until none is left, or `limit`, each with where it came to."""
        batch: list[Incoming] = []
        for _ in range(limit):
            try:
                datagram, control, _, source = self.socket.recvmsg(MAX_DATAGRAM, CONTROL_SPACE)
            except BlockingIOError:
                break
            except OSError as problem:
                self._read_failed(problem)
                continue
            batch.append((self._address(source, _local(control)), [datagram]))
        return batch

    def send_batch(self, address: Address, datagrams: list[bytes]) -> None:
        """Each datagram by itself, from the address that this remote talks to."""
        known = self._targets.get(address)
        if known is None:
            known = self._targets[address] = (socket_address(address), _ancillary(address.local))
        target, ancillary = known
        for datagram in datagrams:
            try:
                self.socket.sendmsg([datagram], ancillary, 0, target)
            except BlockingIOError:
                self._drops[Drop.BLOCKED] += 1
            except OSError as problem:
                if problem.errno == errno.EINVAL:  # the address is no longer ours
                    self._targets[address] = (target, [])
                self._write_failed(problem, address)

    def close_stream(self, address: Address) -> None:
        """There are no streams; forget the remote."""
        self._targets.pop(address, None)

    def _address(self, source: SocketAddress, local: str) -> Address:
        found = self._known.get((source, local))
        if found is None:
            if len(self._known) >= MAX_KNOWN:  # forged sources must not fill the memory
                self._known.clear()
                self._targets.clear()
            found = address_from(source, local=f"{self._tag}/{local}")
            self._known[source, local] = found
        return found


def _local(control: Ancillary) -> str:
    """The address of ours that a datagram came to; a link-local one with its interface."""
    for level, kind, data in control:
        if level == socket.IPPROTO_IP and kind == IP_PKTINFO:
            return socket.inet_ntop(socket.AF_INET, PKTINFO_4.unpack_from(data)[1])
        if level == socket.IPPROTO_IPV6 and kind == socket.IPV6_PKTINFO:
            packed, interface = PKTINFO_6.unpack_from(data)
            text = socket.inet_ntop(socket.AF_INET6, packed)
            return f"{text}%{interface}" if text.startswith("fe80:") else text
    return ""


def _ancillary(tag: str) -> Ancillary:
    """The wish to send from the address in an `Address.local`."""
    host, _, scope = tag.partition("/")[2].partition("%")
    if not host:
        return []
    if ":" in host and not host.startswith("::ffff:"):
        packed = socket.inet_pton(socket.AF_INET6, host)
        data = PKTINFO_6.pack(packed, int(scope or 0))
        return [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, data)]
    packed = socket.inet_aton(host.removeprefix("::ffff:"))
    return [(socket.IPPROTO_IP, IP_PKTINFO, PKTINFO_4.pack(0, packed, bytes(4)))]
