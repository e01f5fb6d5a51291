"""The client's link over UDP through a SOCKS 5 proxy.

Before: tunnel/one_remote.py OneRemote.encapsulate
After: the wire

A TCP connection to the proxy asks for a relay and keeps it alive; the datagrams go to that relay,
each with a header that says where to. There is one remote, so whatever comes back is its.
"""

from __future__ import annotations

import logging
import select
import socket
from collections import Counter

from vpn.config.options import LinkOptions
from vpn.errors import Drop, PacketError
from vpn.events import Address, Incoming
from vpn.system.link import Change, LinkClosed, LinkOpened, SocketAddress, address_from
from vpn.system.socks import Command, Socks5, datagram_header, payload
from vpn.system.tcp import TcpLink
from vpn.system.udp import UdpLink
from vpn.trace import NOTICE

log = logging.getLogger("vpn.link")

ANY = ("", "0.0.0.0", "::")
CONTROL_MAX = 1024


class SocksUdpLink:
    """A relay at a proxy as a link. LinkOpened when the proxy has agreed."""

    is_busy = False

    def __init__(
        self,
        remote: Address,
        proxy: SocketAddress,
        options: LinkOptions,
        drops: Counter[Drop],
    ) -> None:
        assert options.socks_proxy is not None
        self._remote = remote
        self._proxy = proxy
        self._options = options
        self._drops = drops
        self._header = datagram_header(remote)
        self._relay: UdpLink | None = None
        self._relay_address = remote
        self._changes: list[Change] = []
        family = socket.AF_INET6 if len(proxy) == 4 else socket.AF_INET
        user_pass = options.socks_proxy.user_pass
        self._request = Socks5(Command.UDP_ASSOCIATE, "0.0.0.0", 0, user_pass)
        self._control = TcpLink.connect(
            family, proxy, options, drops, local=None, max_length=CONTROL_MAX,
            handshake=self._request,
        )  # fmt: skip
        self._family = family
        self._poll = select.epoll()
        self._poll.register(self._control, select.EPOLLIN)

    def fileno(self) -> int:
        """Readable when the relay or the control connection is."""
        return self._poll.fileno()

    def recv_batch(self, limit: int) -> list[Incoming]:
        """What the relay brought, without its headers."""
        self._control.recv_batch(limit)  # nothing is ever said there after the agreement
        self._take_changes()
        if self._relay is None:
            return []
        batch: list[Incoming] = []
        for source, datagrams in self._relay.recv_batch(limit):
            if source != self._relay_address:
                self._drops[Drop.WRONG_ADDRESS] += len(datagrams)
                continue
            for datagram in datagrams:
                try:
                    batch.append((self._remote, [payload(datagram)]))
                except PacketError as problem:
                    self._drops[problem.reason] += 1
        return batch

    def send_batch(self, address: Address, datagrams: list[bytes]) -> None:
        """To the relay, each with its header."""
        if self._relay is not None:
            header = self._header
            self._relay.send_batch(self._relay_address, [header + each for each in datagrams])

    def changes(self) -> list[Change]:
        """Opened when the proxy agreed; closed when the control connection is."""
        self._take_changes()
        happened, self._changes = self._changes, []
        return happened

    def close_stream(self, address: Address) -> None:
        """There are no streams."""

    def adjust(self, options: LinkOptions) -> None:
        """What a server pushed about the socket."""
        if self._relay is not None:
            self._relay.adjust(options)

    def set_tos(self, tos: int) -> None:
        """For what is sent from now on."""
        if self._relay is not None:
            self._relay.set_tos(tos)

    def close(self) -> None:
        """Both sockets."""
        self._poll.close()
        self._control.close()
        if self._relay is not None:
            self._relay.close()

    def _take_changes(self) -> None:
        for change in self._control.changes():
            if isinstance(change, LinkClosed):
                self._changes.append(LinkClosed(self._remote, change.reason))
                continue
            host, port = self._request.bound
            relay = self._proxy[0] if host in ANY else host
            self._relay_address = address_from((relay, port))
            log.log(NOTICE, "SOCKS proxy relays at %s", self._relay_address)
            self._relay = UdpLink.open(
                self._family, self._options, self._drops, local=None, is_server=False
            )
            self._poll.register(self._relay, select.EPOLLIN)
            self._changes.append(LinkOpened(self._remote))
