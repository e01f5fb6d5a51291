"""Two ends of a point-to-point tunnel, joined by a simulated network under a virtual clock."""

from __future__ import annotations

import random
from dataclasses import replace

from tests.sim.credentials import client_credentials, server_credentials
from tests.sim.network import Conditions, SimNetwork
from tests.sim.pair import STARTED, WALL_CLOCK, Endpoint, changed
from vpn.config.options import (
    Connection,
    DataOptions,
    LinkOptions,
    Options,
    Proto,
    Secret,
    TlsOptions,
    TunOptions,
)
from vpn.config.values import Remote
from vpn.events import Address, OpenLink, TunnelUp
from vpn.tunnel.one_remote import OneRemote
from vpn.tunnel.point_to_point import PointToPoint
from vpn.tunnel.static_end import StaticEnd
from vpn.wire import static_key

WEST, EAST = Address("203.0.113.2", 1194), Address("198.51.100.2", 1194)
KEY = Secret(static_key.serialize(bytes(range(256))).encode())
INNER_WEST, INNER_EAST = "10.9.0.1", "10.9.0.2"


def end_options(*, is_server: bool, remote: Address | None, **changes: object) -> Options:
    """The options of one end; the TLS server is in the east."""
    link, inner = (
        LinkOptions(connections=(Connection("", 1194, Proto.UDP),)),
        (INNER_WEST, INNER_EAST),
    )
    if remote is not None:
        link = LinkOptions(
            remotes=(Remote(remote.host),),
            connections=(Connection(remote.host, remote.port, Proto.UDP),),
        )
    credentials = server_credentials() if is_server else client_credentials("West")
    tls = TlsOptions(is_client=not is_server, is_server=is_server, **credentials)
    tun = TunOptions(ifconfig=inner[::-1] if is_server else inner)
    return changed(Options(link=link, tls=tls, tun=tun), changes)


def static_options(*, is_server: bool, remote: Address | None, **changes: object) -> Options:
    """The options of one end with a static key; the end in the east has direction 0."""
    options = end_options(is_server=is_server, remote=remote)
    changes = {
        "tls": TlsOptions(static_key=KEY, key_direction=0 if is_server else 1),
        "data": DataOptions(cipher="AES-256-CBC", auth="SHA256"),
    } | changes
    groups = {name: value for name, value in changes.items() if "__" not in name}
    fields = {name: value for name, value in changes.items() if "__" in name}
    return changed(replace(options, **groups), fields)


class Ends:
    """West is the TLS client, east the server; each knows the other's address, or does not."""

    core: type[OneRemote] = PointToPoint
    options = staticmethod(end_options)

    def __init__(
        self,
        *,
        west_knows: bool = True,
        east_knows: bool = True,
        conditions: Conditions | None = None,
        west: dict[str, object] | None = None,
        east: dict[str, object] | None = None,
        is_tcp: bool = False,
    ) -> None:
        self.network = SimNetwork(conditions or Conditions(), 1)
        self._connection = int(is_tcp)
        self._options = {
            WEST: self.options(
                is_server=False, remote=EAST if west_knows else None, **(west or {})
            ),
            EAST: self.options(is_server=True, remote=WEST if east_knows else None, **(east or {})),
        }
        self._random = random.Random(2)
        self.west, self.east = self.begin(WEST), self.begin(EAST)

    def begin(self, address: Address) -> Endpoint:
        """A process that starts (or starts again) at an address."""
        core = self.core(self._options[address], self._random.randbytes, self._wall)
        endpoint = Endpoint(core, address._replace(connection=self._connection))
        core.start(self.network.now)
        self._flush(endpoint)
        return endpoint

    def _wall(self) -> float:
        return WALL_CLOCK + self.network.now - STARTED

    @property
    def both(self) -> tuple[Endpoint, Endpoint]:
        return self.west, self.east

    def run_for(self, seconds: float) -> None:
        """Let that much time pass."""
        end = self.network.now + seconds
        while True:
            times = [self.network.next_arrival(), *(one.core.next_deadline() for one in self.both)]
            upcoming = min((time for time in times if time is not None), default=end)
            if upcoming >= end:
                self.network.now = end
                self._step()
                return
            self.network.now = max(self.network.now, upcoming)
            self._step()

    def _step(self) -> None:
        now = self.network.now
        for sender, to, datagram in self.network.arrivals():
            for one in self.both:
                if one.address == to:
                    one.packets += one.core.decapsulate([(sender, [datagram])], now)
                    self._flush(one)
        for one in self.both:
            deadline = one.core.next_deadline()
            if deadline is not None and deadline <= now:
                one.core.handle_deadline(now)
            self._flush(one)

    def _flush(self, endpoint: Endpoint) -> None:
        now = self.network.now
        for to, datagrams in endpoint.core.datagrams_to_send(now):
            self.network.send(endpoint.address, to, datagrams)
        for event in endpoint.core.events():
            endpoint.events.append(event)
            if isinstance(event, OpenLink):
                endpoint.attempts += 1
                if event.connection.host:
                    other = EAST if endpoint.address.host == WEST.host else WEST
                    endpoint.core.link_ready(other._replace(connection=self._connection), now)
                    self._flush(endpoint)
            elif isinstance(event, TunnelUp):
                endpoint.core.tunnel_ready(now)

    def send(self, endpoint: Endpoint, *packets: bytes) -> None:
        """Packets into an end's tun."""
        for to, datagrams in endpoint.core.encapsulate(list(packets), self.network.now):
            self.network.send(endpoint.address, to, datagrams)

    @property
    def is_up(self) -> bool:
        """Have both ends a tunnel?"""
        return all(one.saw(TunnelUp) for one in self.both)


class StaticEnds(Ends):
    """The same with a static key."""

    core = StaticEnd
    options = staticmethod(static_options)
