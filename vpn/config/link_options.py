"""Directives about the two sides: link [man: link-options] and tun [man: vpn-network-options]."""

# ruff: noqa: RUF009 - opt() answers a dataclasses.field()

from __future__ import annotations

from dataclasses import dataclass

from vpn.config.arguments import (
    DAY,
    choice,
    number,
    number_or,
    numbers,
    parse_bind,
    parse_connect_retry,
    parse_connect_retry_max,
    parse_dev,
    parse_dev_node,
    parse_dev_type,
    parse_fragment,
    parse_ifconfig,
    parse_ifconfig_ipv6,
    parse_ipv6,
    parse_lladdr,
    parse_lport,
    parse_mssfix,
    parse_port,
    parse_proto,
    parse_redirect_gateway,
    parse_redirect_private,
    parse_remote,
    parse_resolv_retry,
    parse_route,
    parse_route_delay,
    parse_route_gateway,
    parse_route_ipv6,
    parse_topology,
    words,
)
from vpn.config.dns import check as check_dns
from vpn.config.field import (
    CLIENT_TOO,
    PER_CONNECTION,
    PUSHABLE,
    Alias,
    Scope,
    flag,
    opt,
    opt_pair,
    opts,
    secret,
)
from vpn.config.transport_arguments import (
    parse_device,
    parse_http_proxy,
    parse_http_proxy_option,
    parse_local,
    parse_port_share,
    parse_socks_proxy,
)
from vpn.config.values import (
    Connection,
    DevType,
    HttpProxy,
    Local,
    PortShare,
    Proto,
    Remote,
    Route,
    Route6,
    Secret,
    SocksProxy,
    Topology,
)

EVERYWHERE = PUSHABLE | Scope.CONNECTION
DEFAULT_MSSFIX: int | None = 1492
BUFFER = number(1, 100_000_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkOptions:
    """The outer side: remotes, ports, timers. `connections` is what the remotes come to."""

    remotes: tuple[Remote, ...] = opts(
        "remote", parse_remote, "HOST [PORT] [PROTO]", scope=PER_CONNECTION
    )
    connections: tuple[Connection, ...] = ()
    remote_random: bool = flag("remote-random")
    remote_random_hostname: bool = flag("remote-random-hostname")
    persist_remote_ip: bool = flag("persist-remote-ip")
    persist_local_ip: bool = flag("persist-local-ip")
    preresolve: bool = flag("preresolve")
    proto: Proto = opt("proto", parse_proto, "PROTO", default=Proto.UDP, scope=PER_CONNECTION)
    proto_force: str | None = opt("proto-force", choice("udp", "tcp"), "udp|tcp", default=None)
    locals_: tuple[Local, ...] = opts(
        "local", parse_local, "HOST [PORT] [PROTO]", scope=PER_CONNECTION
    )
    lport: int | None = opt("lport", parse_lport, "PORT", default=None, scope=PER_CONNECTION)
    rport: int = opt("rport", parse_port, "PORT", default=1194, scope=PER_CONNECTION)
    bind: bool = opt_pair(
        "bind", parse_bind, "[ipv6only]", default=False, also="bind_ipv6only", scope=PER_CONNECTION
    )
    bind_ipv6only: bool = False
    nobind: bool = flag("nobind", scope=PER_CONNECTION)
    float_: bool = flag("float", scope=PER_CONNECTION)
    multihome: bool = flag("multihome")
    port_share: PortShare | None = opt(
        "port-share", parse_port_share, "HOST PORT [DIRECTORY]", default=None
    )
    rcvbuf: int | None = opt("rcvbuf", BUFFER, "BYTES", default=None, scope=PUSHABLE)
    sndbuf: int | None = opt("sndbuf", BUFFER, "BYTES", default=None, scope=PUSHABLE)
    tcp_queue_limit: int | None = opt("tcp-queue-limit", number(1), "PACKETS", default=None)
    mark: int | None = opt("mark", number(), "NUMBER", default=None)
    bind_dev: str | None = opt("bind-dev", parse_device, "DEVICE", default=None, scope=PUSHABLE)
    mtu_disc: str | None = opt(
        "mtu-disc", choice("no", "maybe", "yes"), "no|maybe|yes", default=None,
        scope=PER_CONNECTION,
    )  # fmt: skip
    passtos: bool = flag("passtos")

    http_proxy: HttpProxy | None = opt(
        "http-proxy",
        parse_http_proxy,
        "HOST PORT [FILE|auto] [METHOD]",
        default=None,
        scope=PER_CONNECTION,
    )
    http_proxy_options: tuple[tuple[str, ...], ...] = opts(
        "http-proxy-option", parse_http_proxy_option, "KIND VALUE ...", scope=PER_CONNECTION
    )
    http_proxy_user_pass: Secret | None = secret(
        "http-proxy-user-pass", "[FILE]", scope=PER_CONNECTION
    )
    socks_proxy: SocksProxy | None = opt(
        "socks-proxy", parse_socks_proxy, "HOST [PORT] [FILE]", default=None, scope=PER_CONNECTION
    )

    resolv_retry: int | None = opt(
        "resolv-retry", parse_resolv_retry, "SECONDS|infinite", default=None
    )
    connect_retry: tuple[int, int] = opt(
        "connect-retry",
        parse_connect_retry,
        "SECONDS [MAX]",
        default=(1, 300),
        scope=PER_CONNECTION,
    )
    connect_retry_max: int | None = opt(
        "connect-retry-max",
        parse_connect_retry_max,
        "N|unlimited",
        default=None,
        scope=PER_CONNECTION,
    )
    connect_timeout: int = opt(
        "connect-timeout",
        number(1),
        "SECONDS",
        default=120,
        scope=PER_CONNECTION,
        aliases=(Alias("server-poll-timeout", number(1), "SECONDS"),),
    )
    ping: int = opt("ping", number(0, DAY), "SECONDS", default=0, scope=CLIENT_TOO)
    ping_restart: int = opt("ping-restart", number(0, DAY), "SECONDS", default=0, scope=CLIENT_TOO)
    ping_exit: int = opt("ping-exit", number(0, DAY), "SECONDS", default=0, scope=CLIENT_TOO)
    explicit_exit_notify: int = opt(
        "explicit-exit-notify", number_or(1, 0, 60), "[TRIES]", default=0, scope=EVERYWHERE
    )
    inactive: tuple[int, int] | None = opt(
        "inactive", numbers((0, 0), 2**62), "SECONDS [BYTES]", default=None, scope=CLIENT_TOO
    )
    session_timeout: int = opt("session-timeout", number(), "SECONDS", default=0, scope=CLIENT_TOO)

    mssfix: int | None = opt_pair(
        "mssfix",
        parse_mssfix,
        "[SIZE] [mtu|fixed]",
        default=DEFAULT_MSSFIX,
        also="mssfix_mode",
        scope=PER_CONNECTION,
    )
    mssfix_mode: str | None = "mtu"
    fragment: int = opt_pair(
        "fragment",
        parse_fragment,
        "SIZE [mtu]",
        default=0,
        also="fragment_mode",
        scope=PER_CONNECTION,
    )
    fragment_mode: str | None = None

    @property
    def local(self) -> str | None:
        """Where to bind, if there is one such place."""
        return self.locals_[-1].host if self.locals_ else None


@dataclass(frozen=True, slots=True, kw_only=True)
class TunOptions:
    """The inner side: the device, its addresses, the routes into it, DNS."""

    dev: str = opt("dev", parse_dev, "tun|tap|null|NAME", default="tun")
    dev_type: DevType = opt("dev-type", parse_dev_type, "tun|tap|null", default=DevType.TUN)
    dev_node: str | None = opt("dev-node", parse_dev_node, "PATH", default=None)
    persist_tun: bool = flag("persist-tun", scope=PUSHABLE)
    topology: Topology | None = opt(
        "topology", parse_topology, "net30|p2p|subnet", default=None, scope=PUSHABLE
    )
    ifconfig: tuple[str, str] | None = opt(
        "ifconfig", parse_ifconfig, "LOCAL REMOTE|NETMASK", default=None, scope=PUSHABLE
    )
    ifconfig_ipv6: tuple[str, str] | None = opt(
        "ifconfig-ipv6", parse_ifconfig_ipv6, "ADDRESS/BITS [REMOTE]", default=None, scope=PUSHABLE
    )
    ifconfig_noexec: bool = flag("ifconfig-noexec")
    ifconfig_nowarn: bool = flag("ifconfig-nowarn")
    tun_mtu: int = opt("tun-mtu", number(100, 65535), "BYTES", default=1500, scope=EVERYWHERE)
    tun_mtu_max: int = opt(
        "tun-mtu-max", number(100, 65535), "BYTES", default=1600, scope=PER_CONNECTION
    )
    lladdr: str | None = opt("lladdr", parse_lladdr, "MAC", default=None, scope=PUSHABLE)
    txqueuelen: int | None = opt("txqueuelen", number(0, 1_000_000), "N", default=None)

    routes: tuple[Route, ...] = opts(
        "route", parse_route, "NETWORK [NETMASK] [GATEWAY] [METRIC]", scope=PUSHABLE
    )
    routes_ipv6: tuple[Route6, ...] = opts(
        "route-ipv6", parse_route_ipv6, "PREFIX/BITS [GATEWAY] [METRIC]", scope=PUSHABLE
    )
    route_gateway: str | None = opt(
        "route-gateway", parse_route_gateway, "ADDRESS|dhcp", default=None, scope=PUSHABLE
    )
    route_ipv6_gateway: str | None = opt("route-ipv6-gateway", parse_ipv6, "ADDRESS", default=None)
    route_metric: int | None = opt("route-metric", number(), "N", default=None, scope=PUSHABLE)
    route_delay: tuple[int, int] | None = opt(
        "route-delay", parse_route_delay, "[SECONDS] [WINDOW]",
        default=None, scope=PUSHABLE,
    )  # fmt: skip
    route_noexec: bool = flag("route-noexec")
    redirect_gateway: frozenset[str] | None = opt(
        "redirect-gateway",
        parse_redirect_gateway,
        "[FLAG] ...",
        default=None,
        scope=PUSHABLE,
        aliases=(Alias("redirect-private", parse_redirect_private, "[FLAG] ..."),),
    )
    block_ipv6: bool = flag("block-ipv6", scope=PUSHABLE)
    dhcp_options: tuple[tuple[str, ...], ...] = opts(
        "dhcp-option", words, "TYPE [VALUE] ...", scope=PUSHABLE
    )
    dns: tuple[tuple[str, ...], ...] = opts("dns", check_dns, "KEYWORD VALUE ...", scope=PUSHABLE)
    dns_updown: str = opt("dns-updown", choice("disable", "force"), "disable|force", default="")
