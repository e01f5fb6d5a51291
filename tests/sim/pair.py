"""A real client and a real server, joined by a simulated network under a virtual clock."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import replace

from tests.sim.credentials import client_credentials, server_credentials
from tests.sim.network import Conditions, SimNetwork
from vpn.config.options import (
    ClientOptions,
    Connection,
    DataOptions,
    LinkOptions,
    Options,
    Pool,
    Proto,
    ServerOptions,
    TlsOptions,
    Topology,
    TunOptions,
)
from vpn.events import Address, Event, OpenLink, TunnelUp
from vpn.tunnel.client import Client
from vpn.tunnel.clients import ClientEntry
from vpn.tunnel.server import Server

SERVER = Address("198.51.100.2", 1194)
CLIENT = Address("203.0.113.2", 40000)
WALL_CLOCK = time.time()  # OpenSSL checks certificates by the real clock; so must we
STARTED = 1000.0  # the virtual clock's first reading
SERVER_TUNNEL = "10.8.0.1"


def client_options(**changes: object) -> Options:
    """A client's options; `changes` replace single fields (`tls__hand_window=5`)."""
    base = Options(
        link=LinkOptions(
            connections=(Connection(SERVER.host, SERVER.port, Proto.UDP),), ping_restart=120
        ),
        tls=TlsOptions(is_client=True, **client_credentials("Test-Client")),
        client=ClientOptions(pull=True),
    )
    return changed(base, changes)


def server_options(**changes: object) -> Options:
    """A server's options, as `server 10.8.0.0 255.255.255.0` makes them."""
    base = Options(
        link=LinkOptions(ping=10, ping_restart=120),
        tun=TunOptions(topology=Topology.SUBNET, ifconfig=(SERVER_TUNNEL, "255.255.255.0")),
        tls=TlsOptions(is_server=True, **server_credentials()),
        data=DataOptions(),
        server=ServerOptions(
            mode_server=True,
            pool=Pool("10.8.0.2", "10.8.0.254", "255.255.255.0"),
            push=("route-gateway 10.8.0.1", "topology subnet", "ping 10", "ping-restart 60"),
        ),
    )
    return changed(base, changes)


def changed(options: Options, changes: dict[str, object]) -> Options:
    """`group__field=value` -> options with that field replaced."""
    for path, value in changes.items():
        group, _, field = path.partition("__")
        part = replace(getattr(options, group), **{field: value})
        options = replace(options, **{group: part})
    return options


class Endpoint:
    """One core and what came out of it."""

    def __init__(self, core: Client | Server, address: Address) -> None:
        self.core = core
        self.address = address
        self.events: list[Event] = []
        self.packets: list[bytes] = []
        self.attempts = 0

    def saw(self, kind: type) -> list[Event]:
        """The events of one kind so far."""
        return [event for event in self.events if isinstance(event, kind)]


class Pair:
    """A server and a client (or several); `drive` moves the clock from deadline to deadline."""

    def __init__(
        self,
        conditions: Conditions | None = None,
        seed: int = 0,
        *,
        client: Options | None = None,
        server: Options | None = None,
        is_tcp: bool = False,
        extra_clients: tuple[Options, ...] = (),
        clock_error: float = 0.0,
    ) -> None:
        self._clock_error = clock_error
        self.network = SimNetwork(conditions or Conditions(), seed)
        source = random.Random(seed)
        connection = 1 if is_tcp else 0
        self._server_address = SERVER._replace(connection=connection)
        self.server = Endpoint(
            Server(server or server_options(), source.randbytes, self._wall), self._server_address
        )
        self.clients = [
            Endpoint(
                Client(options, source.randbytes, self._wall),
                CLIENT._replace(port=CLIENT.port + number, connection=connection + number * is_tcp),
            )
            for number, options in enumerate((client or client_options(), *extra_clients))
        ]
        self.client = self.clients[0]
        self.endpoints = [self.server, *self.clients]
        for endpoint in self.endpoints:
            endpoint.core.start(self.network.now)
        self._settle()

    def _wall(self) -> float:
        return WALL_CLOCK + self.network.now - STARTED + self._clock_error

    def drive(self, until: Callable[[], bool], limit: float = 300.0) -> bool:
        """Let time pass until the condition holds; False after `limit` virtual seconds."""
        end = self.network.now + limit
        while not until():
            times = [self.network.next_arrival()]
            times += [endpoint.core.next_deadline() for endpoint in self.endpoints]
            upcoming = min((time for time in times if time is not None), default=None)
            if upcoming is None or upcoming > end:
                self.network.now = end
                self._step()
                return until()
            self.network.now = max(self.network.now, upcoming)
            self._step()
        return True

    def connect(self, limit: float = 300.0) -> bool:
        """Drive until data can pass both ways."""
        return self.drive(lambda: self.is_up, limit)

    @property
    def is_up(self) -> bool:
        """Has the client its settings, and the server a client?"""
        has_settings = all(client.saw(TunnelUp) for client in self.clients)
        return has_settings and len(self.admitted) >= len(self.clients)

    @property
    def admitted(self) -> list[ClientEntry]:
        """The server's clients that have their keys and addresses."""
        server = self.server.core
        assert isinstance(server, Server)
        return [entry for entry in server.clients if entry.admitted]

    def run_for(self, seconds: float) -> None:
        """Let that much time pass."""
        self.drive(lambda: False, seconds)

    def send_from_client(self, *packets: bytes) -> None:
        """Packets into the client's tun."""
        self._send(self.client, list(packets))

    def send_from_server(self, *packets: bytes) -> None:
        """Packets into the server's tun."""
        self._send(self.server, list(packets))

    def _send(self, endpoint: Endpoint, packets: list[bytes]) -> None:
        for to, datagrams in endpoint.core.encapsulate(packets, self.network.now):
            self.network.send(endpoint.address, to, datagrams)

    def _step(self) -> None:
        now = self.network.now
        for sender, to, datagram in self.network.arrivals():
            endpoint = next((e for e in self.endpoints if e.address == to), None)
            if endpoint is None:
                continue
            endpoint.packets += endpoint.core.decapsulate([(sender, [datagram])], now)
            self._flush(endpoint)
        for endpoint in self.endpoints:
            deadline = endpoint.core.next_deadline()
            if deadline is not None and deadline <= now:
                endpoint.core.handle_deadline(now)
        self._settle()

    def _settle(self) -> None:
        for endpoint in self.endpoints:
            self._flush(endpoint)

    def _flush(self, endpoint: Endpoint) -> None:
        now = self.network.now
        for to, datagrams in endpoint.core.datagrams_to_send(now):
            self.network.send(endpoint.address, to, datagrams)
        for event in endpoint.core.events():
            endpoint.events.append(event)
            if isinstance(event, OpenLink):
                endpoint.attempts += 1
                endpoint.core.link_ready(self._server_address, now)
                self._flush(endpoint)
            elif isinstance(event, TunnelUp):
                endpoint.core.tunnel_ready(now)


def ipv4(source: str, destination: str, payload: bytes = b"hello", protocol: int = 17) -> bytes:
    """A raw IPv4 packet; checksums are left at zero, the tunnel does not look at them."""
    header = bytes([0x45, 0]) + (20 + len(payload)).to_bytes(2, "big") + bytes(5)
    header += bytes([protocol, 0, 0])
    for address in (source, destination):
        header += bytes(int(part) for part in address.split("."))
    return header + payload
