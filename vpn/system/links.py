"""Opening links: the client's, from a remote's name to a socket, and the server's listening ones.

The lines printed here are those of the stock program.
"""

from __future__ import annotations

import ipaddress
import logging
import os
import socket
from collections import Counter

from vpn.config.options import Connection, LinkOptions, Proto, TunOptions
from vpn.config.values import Local
from vpn.errors import Drop, SystemFailure
from vpn.events import Address
from vpn.system.group import LinkGroup
from vpn.system.http_proxy import HttpConnect
from vpn.system.link import Link, address_from, describe_local, link_name
from vpn.system.multihome import MultihomeUdpLink
from vpn.system.proxy import Handshake
from vpn.system.resolve import FAMILIES, Answer, Resolver, Target, look_up
from vpn.system.socks import Command, Socks5
from vpn.system.socks_udp import SocksUdpLink
from vpn.system.tcp import FRAME_ROOM, TcpLink
from vpn.system.udp import UdpLink
from vpn.trace import NOTICE

log = logging.getLogger("vpn.link")

DEFAULT_PORT = 1194
RANDOM_LABEL = 6  # bytes before the name [man: --remote-random-hostname]


class ClientLinks:
    """Opens one link at a time. Names are looked up elsewhere; `take` has what became of them."""

    def __init__(self, options: LinkOptions, tun: TunOptions, drops: Counter[Drop]) -> None:
        self.deadline: float | None = None  # of a TCP connect under way
        self.remote: Address | None = None  # the address in use
        self.addresses = 1  # how many the remote's name has
        self.is_open = False
        self._common = self._options = options
        self._tun = tun
        self._drops = drops
        self._resolver = Resolver()
        self._wanted: Connection | None = None
        self._hop: Connection | None = None  # what is looked up now: the remote, or a proxy
        self._proxy: Target | None = None  # found already, for UDP through SOCKS
        self._at_once: list[Answer] = []
        self._opened_at = 0.0
        self._turn = 0
        self._target: Target | None = None
        self._kept: dict[Connection, tuple[Target, ...]] = {}  # by persist-remote-ip, preresolve
        if options.preresolve:  # what leads nowhere now is looked up again when it is needed
            found = {one: look_up(one).targets for one in options.connections}
            self._kept |= {one: targets for one, targets in found.items() if targets}
        self._kept_local: dict[int, tuple[str | None, int]] = {}  # by persist-local-ip
        self._failing_since: float | None = None
        self._only: str | None = None  # while we listen: the one host that may connect

    def fileno(self) -> int:
        """Readable when a name was looked up."""
        return self._resolver.fileno()

    @property
    def remote_host(self) -> str | None:
        """The address of the remote in use."""
        return self.remote.host if self.remote else None

    def open(self, connection: Connection, now: float, turn: int = 0) -> None:
        """Begin: `take` answers now if the host is an address, else when it is looked up."""
        self._wanted = connection
        self._options = options = connection.options.link if connection.options else self._common
        self._opened_at = now
        self._turn = turn
        self._proxy = self._only = None
        if not connection.host:
            self._hop = connection
            self._at_once.append(Answer(connection, ()))
            return
        proxy = options.http_proxy or options.socks_proxy
        if proxy is not None:
            self._look_up(Connection(proxy.host, proxy.port, Proto.TCP_CLIENT))
        else:
            self._look_up_remote(connection)

    def take(self) -> list[Link | Address]:
        """Links that were opened; an Address in place of one whose name has no address."""
        taken: list[Link | Address] = []
        answers = self._at_once + self._resolver.take()
        while answers:
            self._at_once = []
            for answer in answers:
                outcome = self._finish(answer) if answer.connection == self._hop else None
                taken += [outcome] if outcome is not None else []
            answers = self._at_once
        return taken

    def succeeded(self) -> None:
        """The tunnel is up: with persist-remote-ip, this is the address from now on."""
        if self._options.persist_remote_ip and self._wanted is not None and self._target:
            self._kept[self._wanted] = (self._target,)

    def adjust(self, link: Link, pushed: LinkOptions) -> None:
        """Take what the server pushed about the socket."""
        own = self._options
        if (pushed.rcvbuf, pushed.sndbuf, pushed.bind_dev) != (
            own.rcvbuf,
            own.sndbuf,
            own.bind_dev,
        ):
            link.adjust(pushed)

    def stream_opened(self) -> None:
        """A TCP connect succeeded, or a proxy agreed."""
        self.deadline = None
        self.is_open = True
        if self.is_listening:
            return
        self._announce(socket.AF_INET6 if ":" in (self.remote_host or "") else socket.AF_INET)

    @property
    def is_listening(self) -> bool:
        """Point-to-point: does the other end come to us?"""
        wanted = self._wanted
        return wanted is not None and (
            not wanted.host or (wanted.proto.is_tcp and wanted.proto.is_server)
        )

    def accepts(self, address: Address) -> bool:
        """Is this stream the one that we listened for? One is enough, and from one host only."""
        if not self.is_listening:
            return True
        if self.is_open or self._only not in (None, address.host):
            return False
        self.remote = address
        return True

    def timed_out(self) -> Address | None:
        """A TCP connect took too long: the address that did not answer."""
        log.log(NOTICE, "TCP: connect to %s failed: Connection timed out", self.remote)
        return self.remote

    def forget(self) -> None:
        """The link was closed."""
        self.deadline = None
        self.is_open = False
        self._wanted = self._hop = None

    # -- names ---------------------------------------------------------------------------------

    def _look_up_remote(self, connection: Connection) -> None:
        kept = self._kept.get(connection)
        if self._options.remote_random_hostname and not _is_address(connection.host):
            name = f"{os.urandom(RANDOM_LABEL).hex()}.{connection.host}"
            connection = connection._replace(host=name)
        if kept is not None:
            self._hop = connection
            self._at_once.append(Answer(connection, kept))
        else:
            self._look_up(connection)

    def _look_up(self, connection: Connection) -> None:
        self._hop = connection
        answer = self._resolver.start(connection)
        if answer is not None:
            self._at_once.append(answer)

    def _not_found(self, answer: Answer) -> Address:
        """Try again later, unless resolv-retry says that this has gone on for too long."""
        host, port = answer.connection[:2]
        text = f"RESOLVE: Cannot resolve host address: {host}:{port} ({answer.problem})"
        limit, now = self._options.resolv_retry, self._opened_at
        since = self._failing_since = now if self._failing_since is None else self._failing_since
        if limit is not None and now - since >= limit and len(self._common.connections) <= 1:
            raise SystemFailure(text)
        log.log(NOTICE, "%s", text)
        log.log(NOTICE, "Could not determine IPv4/IPv6 protocol")
        self._wanted = self._hop = None
        return Address(host, port)

    # -- one link ------------------------------------------------------------------------------

    def _finish(self, answer: Answer) -> Link | Address | None:
        wanted, options = self._wanted, self._options
        assert wanted is not None
        if not wanted.host:
            self.remote = None
            return self._listen(wanted)
        if not answer.targets:
            return self._not_found(answer)
        self._failing_since = None
        target = answer.targets[self._turn % len(answer.targets)]
        if options.socks_proxy is not None and not wanted.proto.is_tcp and self._proxy is None:
            self._proxy = target
            self._look_up_remote(wanted)
            return None
        self.addresses = len(answer.targets)
        self.remote = address_from(target.address)
        self._target = target
        if self.is_listening:
            self._only, self.remote = (None if options.float_ else self.remote.host), None
            return self._listen(wanted)
        log.log(NOTICE, "TCP/UDP: Preserving recently used remote address: %s", self.remote)
        if wanted.proto.is_tcp:
            return self._open_tcp(target, wanted)
        if self._proxy is not None:
            self.deadline = self._opened_at + options.connect_timeout
            return SocksUdpLink(self.remote, self._proxy.address, options, self._drops)
        return self._open_udp(target)

    def _listen(self, wanted: Connection) -> Link:
        """The one link of an end that is contacted."""
        options = self._options
        place = Local(options.local, options.lport, wanted.proto)
        return _listen(place, options, self._tun, self._drops, tag="")

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

    def _open_tcp(self, target: Target, wanted: Connection) -> TcpLink:
        self.deadline = self._opened_at + self._options.connect_timeout
        return TcpLink.connect(
            target.family,
            target.address,
            self._options,
            self._drops,
            local=self._local(target.family, is_tcp=True),
            max_length=max_datagram(self._tun),
            handshake=self._handshake(wanted),
        )

    def _handshake(self, wanted: Connection) -> Handshake | None:
        """What a proxy has to be told; it looks up the remote's name itself."""
        http, socks = self._options.http_proxy, self._options.socks_proxy
        if http is not None:
            host = f"[{wanted.host}]" if ":" in wanted.host else wanted.host
            return HttpConnect(f"{host}:{wanted.port}", http, self._options, os.urandom)
        if socks is not None:
            return Socks5(Command.CONNECT, wanted.host, wanted.port, socks.user_pass)
        return None

    def _local(self, family: int, *, is_tcp: bool) -> tuple[str | None, int] | None:
        """What to bind to: over UDP the port 1194 unless told otherwise, as the stock program."""
        options = self._options
        is_asked = options.bind or bool(options.locals_) or options.lport is not None
        if options.nobind or (is_tcp and not is_asked):
            return None
        if options.persist_local_ip and family in self._kept_local:
            return self._kept_local[family]
        port = DEFAULT_PORT if options.lport is None else options.lport
        found = self._kept_local[family] = _local_host(options.local, family), port
        return found

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
    """The server's link, one for each `local`, or just one."""
    places = options.locals_ or (Local(None, options.lport, options.proto),)
    links: list[Link] = []
    try:
        for number, place in enumerate(places):
            links.append(_listen(place, options, tun, drops, tag=str(number) if places[1:] else ""))
    except BaseException:
        for link in links:
            link.close()
        raise
    return links[0] if len(links) == 1 else LinkGroup(links)


def _listen(
    place: Local, options: LinkOptions, tun: TunOptions, drops: Counter[Drop], *, tag: str
) -> Link:
    """One socket. Without a 4 or a 6 in its protocol it is IPv4, as the stock program's."""
    proto = place.proto or options.proto
    family = _server_family(place.host, proto)
    port = DEFAULT_PORT if place.port is None else place.port
    local = (_local_host(place.host, family), port)
    name = link_name(family, is_tcp=proto.is_tcp, is_server=True)
    where = describe_local(family, *local)
    link: Link
    if family == socket.AF_INET6:
        log.log(NOTICE, "setsockopt(IPV6_V6ONLY=%d)", options.bind_ipv6only)
    if proto.is_tcp:
        link = TcpLink.listen(
            family, options, drops, local=local, max_length=max_datagram(tun), tag=tag
        )
        log.log(NOTICE, "Listening for incoming TCP connection on %s", where)
    else:
        kind = MultihomeUdpLink if options.multihome else UdpLink
        link = kind.open(family, options, drops, local=local, is_server=True, tag=tag)
    log.log(NOTICE, "%s link local (bound): %s", name, where)
    log.log(NOTICE, "%s link remote: [AF_UNSPEC]", name)
    return link


def max_datagram(tun: TunOptions) -> int:
    """The longest datagram a stream may carry: the stock program's buffer size."""
    return max(tun.tun_mtu, tun.tun_mtu_max) + FRAME_ROOM


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _server_family(host: str | None, proto: Proto) -> int:
    if proto.family != "any":
        return FAMILIES[proto.family]
    if host is not None and ":" in host:
        return socket.AF_INET6
    if host is None:
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
