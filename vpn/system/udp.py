"""The link over UDP: one socket for all remotes.

Before: tunnel/one_remote.py OneRemote.encapsulate
After: the wire

One system call for a train of datagrams, both ways, where the kernel can do that (gso.py). The
socket is never connected: a remote may float, and our own address may change under us.
"""

from __future__ import annotations

import errno
import socket
import struct
from collections import Counter
from typing import Self

from vpn.config.options import LinkOptions
from vpn.errors import Drop
from vpn.events import Address, Incoming
from vpn.system import gso
from vpn.system.link import (
    Change,
    ErrorLog,
    LinkClosed,
    SocketAddress,
    address_from,
    bind,
    link_name,
    new_socket,
    set_options,
    set_tos,
    socket_address,
)
from vpn.wire.opcodes import is_data

MAX_DATAGRAM = 65535
MAX_KNOWN = 4096  # remotes whose converted address is kept at hand
IP_RECVERR, IPV6_RECVERR = 11, 25  # <linux/in.h>, <linux/in6.h>: socket has no names for them
EXTENDED_ERROR = struct.Struct("=IBBBBII")  # struct sock_extended_err


class UdpLink:
    """A UDP socket as a link."""

    is_busy = False
    takes_trains = True

    def __init__(
        self, sock: socket.socket, drops: Counter[Drop], *, is_server: bool, tag: str = ""
    ) -> None:
        self.socket = sock
        self._tag = tag  # among a server's links; see group.py
        self.name = link_name(sock.family, is_tcp=False, is_server=is_server)
        self._is_server = is_server
        self._drops = drops
        self._errors = ErrorLog(self.name)
        self._incoming: dict[SocketAddress, Address] = {}
        self._outgoing: dict[Address, SocketAddress] = {}
        self._changes: list[Change] = []
        self._sends_trains = gso.can_send(sock)
        self._refused: dict[Address, int] = {}  # trains of datagrams of this size and more
        if self.takes_trains:
            gso.enable_receiving(sock)

    @classmethod
    def open(
        cls,
        family: int,
        options: LinkOptions,
        drops: Counter[Drop],
        *,
        local: tuple[str | None, int] | None,
        is_server: bool,
        tag: str = "",
    ) -> Self:
        """A socket of this family; `local` is what to bind to, None for what the kernel takes."""
        sock = new_socket(family, socket.SOCK_DGRAM)
        try:
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(options.bind_ipv6only))
                sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
            if family == socket.AF_INET or not options.bind_ipv6only:
                sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
            set_options(sock, options)
            if local is not None:
                bind(sock, *local)
        except BaseException:
            sock.close()
            raise
        return cls(sock, drops, is_server=is_server, tag=tag)

    def fileno(self) -> int:
        """The socket's."""
        return self.socket.fileno()

    def recv_batch(self, limit: int) -> list[Incoming]:
        """Datagrams until none is left, or `limit`."""
        recvmsg, known = self.socket.recvmsg, self._incoming
        batch: list[Incoming] = []
        count = 0
        while count < limit:
            try:
                train, control, _, source = recvmsg(MAX_DATAGRAM, gso.CONTROL_SPACE)
            except BlockingIOError:
                break
            except OSError as problem:
                self._read_failed(problem)
                count += 1
                continue
            address = known.get(source)
            if address is None:
                address = self._learn(source)
            datagrams = gso.cut(train, control) if control else [train]
            count += len(datagrams)
            if batch and batch[-1][0] == address:
                batch[-1][1].extend(datagrams)
            else:
                batch.append((address, datagrams))
        return batch

    def send_batch(self, address: Address, datagrams: list[bytes]) -> None:
        """Data in trains if possible; what the socket can't take is dropped, as on any wire.

        Who looks at packets on their way, a firewall or a student, sees control packets singly.
        """
        target = self._outgoing.get(address)
        if target is None:
            target = self._outgoing[address] = socket_address(address)
        if len(datagrams) <= 1 or not self._sends_trains or not is_data(datagrams[0]):
            self._send_each(datagrams, target, address)
            return
        refused = self._refused.get(address, gso.MAX_BYTES)
        for train in gso.trains(datagrams):
            if len(train) == 1 or len(train[0]) >= refused:
                self._send_each(train, target, address)
            else:
                self._send_train(train, target, address)

    def _send_each(self, datagrams: list[bytes], target: SocketAddress, address: Address) -> None:
        sendto = self.socket.sendto
        for datagram in datagrams:
            try:
                sendto(datagram, target)
            except BlockingIOError:
                self._drops[Drop.BLOCKED] += 1
            except OSError as problem:
                self._write_failed(problem, address)

    def _send_train(self, train: list[bytes], target: SocketAddress, address: Address) -> None:
        try:
            self.socket.sendmsg(train, gso.ancillary(train), 0, target)
        except BlockingIOError:
            self._drops[Drop.BLOCKED] += len(train)
        except OSError as problem:
            # Longer than the way is wide (a single one is cut into IP fragments), or a device
            # without checksums. Or it is an error that some packet before has brought about.
            if problem.errno in (errno.EINVAL, errno.EMSGSIZE, errno.EIO):
                self._refused[address] = len(train[0]) if problem.errno != errno.EIO else 0
            self._send_each(train, target, address)

    def changes(self) -> list[Change]:
        """Only this: the network of a client's remote became unreachable."""
        happened, self._changes = self._changes, []
        return happened

    def close_stream(self, address: Address) -> None:
        """There are no streams; forget the remote."""
        self._outgoing.pop(address, None)
        self._refused.pop(address, None)

    def adjust(self, options: LinkOptions) -> None:
        """What a server pushed about the socket."""
        set_options(self.socket, options)

    def set_tos(self, tos: int) -> None:
        """For what is sent from now on."""
        set_tos(self.socket, tos)

    def close(self) -> None:
        """Close the socket."""
        self.socket.close()

    def _learn(self, source: SocketAddress) -> Address:
        if len(self._incoming) >= MAX_KNOWN:  # forged sources must not fill the memory
            self._incoming.clear()
            self._outgoing.clear()
            self._refused.clear()
        address = self._incoming[source] = address_from(source, local=self._tag)
        return address

    def _read_failed(self, problem: OSError) -> None:
        """An ICMP error came back for something we sent: say so and go on [stock does]."""
        number = problem.errno or 0
        mtu = self._drain_error_queue()
        detail = f" Path-MTU={mtu}" if number == errno.EMSGSIZE and mtu else ""
        self._errors.note("read", number, self.fileno(), detail)

    def _write_failed(self, problem: OSError, address: Address) -> None:
        number = problem.errno or 0
        mtu = self._drain_error_queue()
        detail = f" Path-MTU={mtu}" if number == errno.EMSGSIZE and mtu else ""
        self._errors.note("write", number, self.fileno(), detail)
        if number == errno.ENETUNREACH and not self._is_server and not self._changes:
            self._changes.append(LinkClosed(address, "network-unreachable"))

    def _drain_error_queue(self) -> int:
        """Empty the queue, which keeps the socket readable; the path MTU if it says."""
        mtu = 0
        while True:
            try:
                _, control, _, _ = self.socket.recvmsg(0, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return mtu
            for level, kind, data in control:
                if (level, kind) in (
                    (socket.IPPROTO_IP, IP_RECVERR),
                    (socket.IPPROTO_IPV6, IPV6_RECVERR),
                ):
                    number, _, _, _, _, info, _ = EXTENDED_ERROR.unpack_from(data)
                    mtu = info if number == errno.EMSGSIZE else mtu
