"""Opening links: the client's, from a remote's name to a socket, and the server's listening one.

The lines printed here are those of the stock program.
"""

from __future__ import annotations

import logging
import socket
from collections import Counter

from vpn.config.options import Connection, LinkOptions, Proto, TunOptions
from vpn.errors import Drop, SystemFailure
from vpn.events import Address
from vpn.system.link import Link, address_from, describe_local, link_name
from vpn.system.resolve import FAMILIES, Answer, Resolver, Target
from vpn.system.tcp import FRAME_ROOM, TcpLink
from vpn.system.udp import UdpLink
from vpn.trace import NOTICE

log = logging.getLogger("vpn.link")

DEFAULT_PORT = 1194


class ClientLinks:
    """Opens one link at a time. Names are looked up elsewhere; `take` has what became of them."""

    def __init__(self, options: LinkOptions, tun: TunOptions, drops: Counter[Drop]) -> None:
        self.deadline: float | None = None  # of a TCP connect under way
        self.remote: Address | None = None  # the address in use
        self.is_open = False
        self._options = options
        self._tun = tun
        self._drops = drops
        self._resolver = Resolver()
        self._wanted: Connection | None = None
        self._at_once: list[Answer] = []
        self._opened_at = 0.0
        self._turn: Counter[Connection] = Counter()  # which of a name's addresses comes next

    def fileno(self) -> int:
        """Readable when a name was looked up."""
        return self._resolver.fileno()

    @property
    def remote_host(self) -> str | None:
        """The address of the remote in use."""
        return self.remote.host if self.remote else None

    def open(self, connection: Connection, now: float) -> None:
        """Begin: `take` answers now if the host is an address, else when it is looked up."""
        self._wanted = connection
        self._opened_at = now
        answer = self._resolver.start(connection)
        if answer is not None:
            self._at_once.append(answer)

    def take(self) -> list[Link | Address]:
        """Links that were opened; an Address in place of one whose name has no address."""
        answers, self._at_once = self._at_once + self._resolver.take(), []
        return [self._finish(answer) for answer in answers if answer.connection == self._wanted]

    def succeeded(self) -> None:
        """The tunnel is up: keep to this address of the remote's name."""
        if self._wanted is not None:
            self._turn[self._wanted] -= 1

    def stream_opened(self) -> None:
        """A TCP connect succeeded."""
        self.deadline = None
        self.is_open = True
        self._announce(socket.AF_INET6 if ":" in (self.remote_host or "") else socket.AF_INET)

    def timed_out(self) -> Address | None:
        """A TCP connect took too long: the address that did not answer."""
        log.log(NOTICE, "TCP: connect to %s failed: Connection timed out", self.remote)
        return self.remote

    def forget(self) -> None:
        """The link was closed."""
        self.deadline = None
        self.is_open = False
        self._wanted = None

    # -- one link ------------------------------------------------------------------------------

    def _finish(self, answer: Answer) -> Link | Address:
        connection = answer.connection
        if not answer.targets:
            log.log(
                NOTICE, "RESOLVE: Cannot resolve host address: %s:%d (%s)",
                connection.host, connection.port, answer.problem,
            )  # fmt: skip
            log.log(NOTICE, "Could not determine IPv4/IPv6 protocol")
            self._wanted = None
            return Address(connection.host, connection.port)
        target = answer.targets[self._turn[connection] % len(answer.targets)]
        self._turn[connection] += 1
        self.remote = address_from(target.address)
        log.log(NOTICE, "TCP/UDP: Preserving recently used remote address: %s", self.remote)
        return self._open_tcp(target) if connection.proto.is_tcp else self._open_udp(target)

    def _open_udp(self, target: Target) -> UdpLink:
        link = UdpLink.open(
            target.family,
            self._options,
            self._drops,
            local=self._local(target.family, is_tcp=False),
            is_server=False,
        )
        self.is_open = True
        self._announce(target.family)
        return link

    def _open_tcp(self, target: Target) -> TcpLink:
        self.deadline = self._opened_at + self._options.connect_timeout
        return TcpLink.connect(
            target.family,
            target.address,
            self._options,
            self._drops,
            local=self._local(target.family, is_tcp=True),
            max_length=max_datagram(self._tun),
        )

    def _local(self, family: int, *, is_tcp: bool) -> tuple[str | None, int] | None:
        """What to bind to: over UDP the port 1194 unless told otherwise, as the stock program."""
        options = self._options
        is_asked = options.bind or options.local is not None or options.lport is not None
        if options.nobind or (is_tcp and not is_asked):
            return None
        port = DEFAULT_PORT if options.lport is None else options.lport
        return _local_host(options.local, family), port

    def _announce(self, family: int) -> None:
        is_tcp = self._wanted is not None and self._wanted.proto.is_tcp
        name = link_name(family, is_tcp=is_tcp, is_server=False)
        local = self._local(family, is_tcp=is_tcp)
        if local is None:
            log.log(NOTICE, "%s link local: (not bound)", name)
        else:
            log.log(NOTICE, "%s link local (bound): %s", name, describe_local(family, *local))
        log.log(NOTICE, "%s link remote: %s", name, self.remote)


def listen(options: LinkOptions, tun: TunOptions, drops: Counter[Drop]) -> Link:
    """The server's link. Without a 4 or a 6 in `proto` it is IPv4, as the stock program's."""
    proto = options.proto
    family = _server_family(options, proto)
    port = DEFAULT_PORT if options.lport is None else options.lport
    local = (_local_host(options.local, family), port)
    name = link_name(family, is_tcp=proto.is_tcp, is_server=True)
    where = describe_local(family, *local)
    link: Link
    if family == socket.AF_INET6:
        log.log(NOTICE, "setsockopt(IPV6_V6ONLY=%d)", options.bind_ipv6only)
    if proto.is_tcp:
        link = TcpLink.listen(family, options, drops, local=local, max_length=max_datagram(tun))
        log.log(NOTICE, "Listening for incoming TCP connection on %s", where)
    else:
        link = UdpLink.open(family, options, drops, local=local, is_server=True)
    log.log(NOTICE, "%s link local (bound): %s", name, where)
    log.log(NOTICE, "%s link remote: [AF_UNSPEC]", name)
    return link


def max_datagram(tun: TunOptions) -> int:
    """The longest datagram a stream may carry: the stock program's buffer size."""
    return max(tun.tun_mtu, tun.tun_mtu_max) + FRAME_ROOM


def _server_family(options: LinkOptions, proto: Proto) -> int:
    if proto.family != "any":
        return FAMILIES[proto.family]
    if options.local is not None and ":" in options.local:
        return socket.AF_INET6
    if options.local is None:
        log.log(NOTICE, "Could not determine IPv4/IPv6 protocol. Using AF_INET")
    return socket.AF_INET


def _local_host(host: str | None, family: int) -> str | None:
    """A name in `local` -> an address. Blocks, but our own name is never far."""
    if host is None:
        return None
    try:
        found = socket.getaddrinfo(host, None, family, 0, 0, socket.AI_PASSIVE)
    except OSError as problem:
        raise SystemFailure(f"local: cannot resolve {host}: {problem.strerror}") from problem
    return str(found[0][4][0])
