"""What the loop needs to know of a link, and what links have in common: names, errors, buffers.

A link is one descriptor. When it is readable, `recv_batch` has something to do; a TCP link hides
its streams, its listener and its wish to write behind that.
"""

from __future__ import annotations

import errno
import logging
import os
import socket
import time
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from vpn.config.options import LinkOptions
from vpn.errors import SystemFailure
from vpn.events import Address, Incoming

log = logging.getLogger("vpn.link")

MTU_DISCOVERY = {"no": 0, "maybe": 1, "yes": 2}  # IP_PMTUDISC_* of <linux/in.h>
SO_RCVBUFFORCE = 33  # <asm-generic/socket.h>: socket has no name for it
RECEIVE_BUFFER = 512 * 1024  # bytes; the kernel doubles it, for what it adds to each datagram
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER = 10, 23  # socket has no names for them
ERROR_INTERVAL = 1.0  # seconds between two lines about the same error of one link
SocketAddress: TypeAlias = tuple[str, int] | tuple[str, int, int, int]


@dataclass(frozen=True, slots=True)
class LinkOpened:
    """A stream is connected (client) or accepted (server)."""

    address: Address


@dataclass(frozen=True, slots=True)
class LinkClosed:
    """A stream ended, a connect failed, or no way leads to the remote. `reason` as in the log."""

    address: Address
    reason: str


Change: TypeAlias = LinkOpened | LinkClosed


class Link(Protocol):
    """The outer side of the tunnel, UDP or TCP."""

    def fileno(self) -> int:
        """The descriptor to wait for."""

    def recv_batch(self, limit: int) -> list[Incoming]:
        """Whatever is there, about `limit` datagrams at most."""

    def send_batch(self, address: Address, datagrams: list[bytes]) -> None:
        """Send, or queue, or drop and count; never wait."""

    def changes(self) -> list[Change]:
        """What happened to the streams since the last call."""

    def close_stream(self, address: Address) -> None:
        """Close one stream once its queue has gone; nothing over UDP."""

    def adjust(self, options: LinkOptions) -> None:
        """Give the open sockets what a server pushed: buffer sizes, a device."""

    def set_tos(self, tos: int) -> None:
        """Mark what is sent from now on with this TOS (or traffic class)."""

    @property
    def is_busy(self) -> bool:
        """Is it pointless to read more packets from the tun now?"""

    def close(self) -> None:
        """Close the descriptor."""


def address_from(source: SocketAddress, connection: int = 0, local: str = "") -> Address:
    """What the kernel says of a remote -> our Address. A link-local one keeps its scope."""
    host = source[0]
    if len(source) == 4 and source[3] and "%" not in host:
        host = f"{host}%{source[3]}"
    return Address(host, source[1], connection, local)


def socket_address(address: Address) -> SocketAddress:
    """The inverse."""
    if ":" not in address.host:
        return (address.host, address.port)
    host, _, scope = address.host.partition("%")
    index = 0
    if scope:
        index = int(scope) if scope.isdigit() else socket.if_nametoindex(scope)
    return (host, address.port, 0, index)


def link_name(family: int, *, is_tcp: bool, is_server: bool) -> str:
    """`UDPv4`, `TCPv6_CLIENT` …: how the stock program calls a link."""
    version = "v6" if family == socket.AF_INET6 else "v4"
    if not is_tcp:
        return f"UDP{version}"
    return f"TCP{version}_{'SERVER' if is_server else 'CLIENT'}"


def describe_local(family: int, host: str | None, port: int) -> str:
    """`[AF_INET][undef]:1194` when any address will do."""
    name = "AF_INET6" if family == socket.AF_INET6 else "AF_INET"
    return f"[{name}]{host or '[undef]'}:{port}"


def new_socket(family: int, kind: socket.SocketKind) -> socket.socket:
    """A non-blocking socket; a SystemFailure if this machine has no such protocol."""
    try:
        sock = socket.socket(family, kind)
    except OSError as problem:
        protocol = "TCP" if kind is socket.SOCK_STREAM else "UDP"
        version = "6" if family == socket.AF_INET6 else ""
        text = f"{protocol}: Cannot create {protocol}{version} socket: {explain(problem)}"
        raise SystemFailure(text) from problem
    sock.setblocking(False)
    return sock


def set_options(sock: socket.socket, options: LinkOptions) -> None:
    """Buffer sizes, mark, device [man: --sndbuf, --rcvbuf, --mark, --bind-dev, --mtu-disc]."""
    before = _buffers(sock)
    if options.rcvbuf is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, options.rcvbuf)
    elif sock.type == socket.SOCK_DGRAM:
        _make_room_for_trains(sock)
    if options.sndbuf is not None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, options.sndbuf)
    after = _buffers(sock)
    log.info("Socket Buffers: R=[%d->%d] S=[%d->%d]", before[0], after[0], before[1], after[1])
    if options.mark is not None:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_MARK, options.mark)
        except OSError as problem:
            log.warning("NOTE: setsockopt SO_MARK=%d failed: %s", options.mark, problem.strerror)
    if options.bind_dev is not None:
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, options.bind_dev.encode())
        except OSError as problem:
            log.warning(
                "WARN: setsockopt SO_BINDTODEVICE=%s failed: %s", options.bind_dev, problem.strerror
            )
    if options.mtu_disc is not None:
        how = MTU_DISCOVERY[options.mtu_disc]
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, how)
        if sock.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, how)


def _make_room_for_trains(sock: socket.socket) -> None:
    """What Linux gives by default holds three trains of datagrams, and every tenth is lost."""
    if sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 2 * RECEIVE_BUFFER:
        return
    for option in (SO_RCVBUFFORCE, socket.SO_RCVBUF):  # without CAP_NET_ADMIN up to rmem_max
        try:
            sock.setsockopt(socket.SOL_SOCKET, option, RECEIVE_BUFFER)
        except PermissionError:
            continue
        return


def set_tos(sock: socket.socket, tos: int) -> None:
    """Mark what this socket sends [man: --passtos]; an IPv6 socket may send IPv4 too."""
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, tos)
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, tos)


def _buffers(sock: socket.socket) -> tuple[int, int]:
    receive = sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    return receive, sock.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF)


def bind(sock: socket.socket, host: str | None, port: int) -> None:
    """Bind to a local address; a SystemFailure says which one could not be had, and why."""
    any_host = "::" if sock.family == socket.AF_INET6 else "0.0.0.0"
    try:
        sock.bind((host or any_host, port))
    except OSError as problem:
        where = describe_local(sock.family, host, port)
        text = f"TCP/UDP: Socket bind failed on local address {where}: {explain(problem)}"
        raise SystemFailure(text) from problem


def explain(problem: OSError) -> str:
    """`Address already in use (errno=98)`."""
    return f"{os.strerror(problem.errno or 0)} (errno={problem.errno})"


class ErrorLog:
    """Lines about errors of a socket, in stock's form, at most one a second for each error."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._said: dict[tuple[str, int], float] = {}

    def note(self, verb: str, number: int, descriptor: int, detail: str = "") -> None:
        """`read UDPv4 [ECONNREFUSED]: Connection refused (fd=3,code=111)`."""
        now = time.monotonic()
        if now - self._said.get((verb, number), -ERROR_INTERVAL) < ERROR_INTERVAL:
            return
        self._said[verb, number] = now
        name = errno.errorcode.get(number, str(number))
        log.warning(
            "%s %s [%s%s]: %s (fd=%d,code=%d)",
            verb, self._name, name, detail, os.strerror(number), descriptor, number,
        )  # fmt: skip
