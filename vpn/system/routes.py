"""Which routes a tunnel needs, in order, with keywords replaced and the remote kept reachable.

Pure: the answers of the kernel come in as arguments, so that every case has a test without root.
"""

from __future__ import annotations

import ipaddress
import logging
from dataclasses import dataclass
from typing import NamedTuple

from vpn.config.arguments import PRIVATE
from vpn.config.options import DevType, Topology, TunOptions

log = logging.getLogger("vpn.routes")

HALVES = ("0.0.0.0/1", "128.0.0.0/1")  # def1: together more specific than a default route
IPV6_HALVES = ("::/3", "2000::/4", "3000::/4", "fc00::/7")  # what is global or unique-local


class NextHop(NamedTuple):
    """Where a route leads: a gateway (None for a network on the link itself) and an interface."""

    gateway: str | None
    device: int
    metric: int = 0


@dataclass(frozen=True, slots=True)
class Entry:
    """One route to add. Without a gateway it points at `device`; without a device at the tunnel."""

    network: str  # prefix/bits
    gateway: str | None = None
    metric: int | None = None
    device: int | None = None
    replaces_default: bool = False

    @property
    def is_ipv6(self) -> bool:
        """By the look of it."""
        return ":" in self.network

    def __str__(self) -> str:
        via = self.gateway or ("::" if self.is_ipv6 else "0.0.0.0")
        return f"{self.network} via {via}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the kernel says about the way to the remote and to everywhere else."""

    remote: str | None = None  # the remote's address, without a scope
    to_remote: NextHop | None = None
    default: NextHop | None = None
    default_ipv6: NextHop | None = None


def tunnel_gateway(options: TunOptions) -> str | None:
    """`vpn_gateway`: the server's tunnel address, or the other end of a point-to-point tun."""
    if options.route_gateway and options.route_gateway != "dhcp":
        return options.route_gateway
    if options.ifconfig and not has_netmask(options):
        return options.ifconfig[1]
    return None


def has_netmask(options: TunOptions) -> bool:
    """Is the second word of `ifconfig` a netmask (else it is the other end)?"""
    return options.dev_type is DevType.TAP or options.topology is Topology.SUBNET


def look_around(options: TunOptions) -> bool:
    """Does any route depend on where packets go now?"""
    words = [word for route in options.routes for word in (route.network, route.gateway)]
    words += [route.gateway for route in options.routes_ipv6]
    return options.redirect_gateway is not None or bool({"net_gateway", "remote_host"} & {*words})


def plan(options: TunOptions, around: Surroundings) -> tuple[list[Entry], list[str]]:
    """The routes to add, and a line for each one that can't be."""
    entries: list[Entry] = []
    problems: list[str] = []
    gateway = tunnel_gateway(options)
    if options.redirect_gateway is not None:
        _redirect(options, gateway, around, entries, problems)
    for route in options.routes:
        hop = _gateway(route.gateway, gateway, around, around.default)
        network = _network(route.network, route.netmask, gateway, around)
        if network is None:
            problems.append(f"OpenVPN ROUTE: failed to parse/resolve route: {route.network}")
        elif hop is None:
            problems.append(
                "OpenVPN ROUTE: OpenVPN needs a gateway parameter for a --route option and no "
                "default was specified by either --route-gateway or --ifconfig options"
            )
        else:
            metric = options.route_metric if route.metric is None else route.metric
            entries.append(Entry(network, hop, metric))
    entries += [
        _ipv6_entry(options, route6.network, route6.gateway, route6.metric, around)
        for route6 in options.routes_ipv6
    ]
    return entries, problems


def _redirect(
    options: TunOptions,
    gateway: str | None,
    around: Surroundings,
    entries: list[Entry],
    problems: list[str],
) -> None:
    """redirect-gateway: the remote by its old way, everything else through the tunnel."""
    flags = options.redirect_gateway or frozenset()
    is_local = "local" in flags or (
        "autolocal" in flags and around.to_remote is not None and around.to_remote.gateway is None
    )
    if "!ipv4" not in flags:
        if gateway is None:
            problems.append(
                "NOTE: unable to redirect IPv4 default gateway -- VPN gateway parameter "
                "(--route-gateway or --ifconfig) is missing"
            )
        elif around.default is None and around.to_remote is None and not is_local:
            problems.append(
                "NOTE: unable to redirect IPv4 default gateway -- Cannot read current default "
                "gateway from system"
            )
        else:
            if not is_local:
                entries += _keep_remote(around, ipv6=False)
            entries += _defaults(flags, gateway)
    if "ipv6" in flags:
        if not is_local:
            entries += _keep_remote(around, ipv6=True)
        halves = () if PRIVATE in flags else IPV6_HALVES
        entries += [_ipv6_entry(options, half, None, None, around) for half in halves]


def _defaults(flags: frozenset[str], gateway: str) -> list[Entry]:
    """What leads everything into the tunnel; nothing with redirect-private."""
    if PRIVATE in flags:
        return []
    if "def1" in flags:
        return [Entry(half, gateway) for half in HALVES]
    return [Entry("0.0.0.0/0", gateway, replaces_default=True)]


def _keep_remote(around: Surroundings, *, ipv6: bool) -> list[Entry]:
    """A host route, so that the tunnel's own datagrams don't enter the tunnel."""
    if around.remote is None or around.to_remote is None or (":" in around.remote) != ipv6:
        return []
    bits = 128 if ipv6 else 32
    hop = around.to_remote
    return [Entry(f"{around.remote}/{bits}", hop.gateway, None, hop.device)]


def _gateway(
    word: str | None, gateway: str | None, around: Surroundings, outside: NextHop | None
) -> str | None:
    """A route's third word, keywords replaced."""
    if word is None or word == "vpn_gateway":
        return gateway
    if word == "net_gateway":
        return outside.gateway if outside else None
    return around.remote if word == "remote_host" else word


def _network(word: str, netmask: str, gateway: str | None, around: Surroundings) -> str | None:
    """A route's first two words -> prefix/bits; None if there is no such network here."""
    host = _gateway(word, gateway, around, around.default)
    try:
        return str(ipaddress.IPv4Network((host or "", netmask), strict=False))
    except ValueError:
        return None


def _ipv6_entry(
    options: TunOptions, network: str, word: str | None, metric: int | None, around: Surroundings
) -> Entry:
    """An IPv6 route: on a tun straight at the device, on a tap at a gateway."""
    metric = options.route_metric if metric is None else metric
    prefix = str(ipaddress.IPv6Network(network, strict=False))
    if word == "net_gateway" and around.default_ipv6 is not None:
        hop = around.default_ipv6
        return Entry(prefix, hop.gateway, metric, hop.device)
    gateway = None if word in (None, "vpn_gateway", "net_gateway") else word
    if options.dev_type is DevType.TAP and gateway is None:
        gateway = options.route_ipv6_gateway or (options.ifconfig_ipv6 or ("", ""))[1] or None
    return Entry(prefix, gateway if options.dev_type is DevType.TAP else None, metric)
