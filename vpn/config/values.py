"""The types of single options: protocols, devices, remotes, routes, secrets."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from vpn.config.options import Options


class Secret(bytes):
    """Key material or a password: bytes that don't show in a log or a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"<secret, {len(self)} bytes>"

    __str__ = __repr__


class StaticChallenge(NamedTuple):
    """A second question, known beforehand [man: --static-challenge]."""

    text: str
    shows_answer: bool
    is_concatenated: bool = False  # the answer stands behind the password, with nothing between


class Proto(Enum):
    """What carries the datagrams, by the names of the reference."""

    UDP = "udp"
    UDP4 = "udp4"
    UDP6 = "udp6"
    TCP_CLIENT = "tcp-client"
    TCP4_CLIENT = "tcp4-client"
    TCP6_CLIENT = "tcp6-client"
    TCP_SERVER = "tcp-server"
    TCP4_SERVER = "tcp4-server"
    TCP6_SERVER = "tcp6-server"

    @property
    def is_tcp(self) -> bool:
        """A stream, with framing."""
        return self.value.startswith("tcp")

    @property
    def is_server(self) -> bool:
        """A listening stream."""
        return self.value.endswith("-server")

    @property
    def family(self) -> str:
        """`ipv4`, `ipv6`, or `any` when the name resolution decides."""
        if "4" in self.value:
            return "ipv4"
        return "ipv6" if "6" in self.value else "any"


class DevType(Enum):
    """What the tun side carries: IP packets, Ethernet frames, or nothing."""

    TUN = "tun"
    TAP = "tap"
    NULL = "null"


class Topology(Enum):
    """How addresses are laid out on a tun [man: --topology]."""

    NET30 = "net30"
    P2P = "p2p"
    SUBNET = "subnet"


class Compression(Enum):
    """The framing around a packet. Nothing that is sent is compressed."""

    NONE = "none"
    MIGRATE = "migrate"  # none, and away with that of clients [man: --compress]
    STUB = "stub"
    STUB_V2 = "stub-v2"
    LZO_STUB = "comp-lzo no"
    LZ4 = "lz4"
    LZ4_V2 = "lz4-v2"
    LZO = "lzo"

    @property
    def is_real(self) -> bool:
        """May what is received be compressed?"""
        return self in (Compression.LZ4, Compression.LZ4_V2, Compression.LZO)

    @property
    def stub(self) -> Compression:
        """The same framing, without compression."""
        stubs = {
            Compression.LZ4: Compression.STUB,
            Compression.LZ4_V2: Compression.STUB_V2,
            Compression.LZO: Compression.LZO_STUB,
        }
        return stubs.get(self, self)

    @property
    def is_framed(self) -> bool:
        """Is there a framing at all?"""
        return self not in (Compression.NONE, Compression.MIGRATE)

    @property
    def has_byte(self) -> bool:
        """Does it add a byte to every packet?"""
        return self.is_framed and self.stub is not Compression.STUB_V2


class Remote(NamedTuple):
    """A `remote` as written."""

    host: str
    port: int | None = None
    proto: Proto | None = None


class Connection(NamedTuple):
    """One way to reach the server, complete."""

    host: str
    port: int
    proto: Proto
    options: Options | None = None  # of a `<connection>` block: all options, its own among them


class Local(NamedTuple):
    """A `local`: where to bind. No host means any address."""

    host: str | None
    port: int | None = None
    proto: Proto | None = None


class HttpProxy(NamedTuple):
    """`http-proxy`; the method is none, basic, auto, or auto-nct (no clear-text password)."""

    host: str
    port: int
    method: str = "none"


class SocksProxy(NamedTuple):
    """`socks-proxy`."""

    host: str
    port: int = 1080
    user_pass: Secret | None = None


class PortShare(NamedTuple):
    """`port-share`: who gets the connections that aren't ours, and where to say whose they are."""

    host: str
    port: int
    directory: str | None = None


class Route(NamedTuple):
    """An IPv4 route into the tunnel. `network` and `gateway` may be keywords (`vpn_gateway` …)."""

    network: str
    netmask: str = "255.255.255.255"
    gateway: str | None = None
    metric: int | None = None


class Route6(NamedTuple):
    """An IPv6 route into the tunnel; `network` is `prefix/bits`."""

    network: str
    gateway: str | None = None
    metric: int | None = None


class Pool(NamedTuple):
    """The addresses that a server hands out, both ends included; a netmask for subnet and tap."""

    start: str
    end: str
    netmask: str | None = None


class PullFilter(NamedTuple):
    """`pull-filter`: what to do with pushed directives that start with `text`."""

    action: str
    text: str
