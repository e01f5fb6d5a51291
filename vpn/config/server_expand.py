"""`server` and `server-bridge` to plain directives: the addresses that a server's network comes to.

server 10.8.0.0 255.255.255.0      subnet, tap              net30, p2p
  own address                      .1 255.255.255.0         .1 .2
  pool                             .2 to .254               .4 to .251 (a /29: to .7)
  pushed                           route-gateway .1         route .1, or the whole network
                                                            with client-to-client
  clients' addresses are           in the network           anywhere
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from vpn.config.lexer import Directive

SERVER_USAGE = "takes 2 or 3 arguments: NETWORK NETMASK [nopool]"
IPV6_USAGE = "takes 1 argument: NETWORK/BITS"
BRIDGE_USAGE = "takes no arguments, nogw, or 4: GATEWAY NETMASK START END"


def expand_server(directive: Directive, others: Iterable[Directive]) -> list[Directive]:
    """What `server NETWORK NETMASK [nopool]` stands for, given the device and the topology."""
    said = {other.name: other for other in others}
    clash = said.get("ifconfig") or (said.get("ifconfig-pool") if _has_pool(directive) else None)
    if clash:
        raise clash.error("is already defined by server (see server … nopool)")
    network = _network(directive)
    is_tap = _first(said.get("dev-type"), "") == "tap" or (
        "dev-type" not in said and _first(said.get("dev"), "tun").startswith("tap")
    )
    topology = "tap" if is_tap else _first(said.get("topology"), "subnet")
    derive = directive.derive
    added = [derive("mode", "server"), derive("tls-server")]
    if topology in ("subnet", "tap"):
        added += _flat(directive, network, "route-gateway" in said)
    else:
        added += _paired(directive, network, topology, "client-to-client" in said)
    if not is_tap:
        added.append(derive("push", f"topology {topology}"))
    return added


def _flat(
    directive: Directive, network: ipaddress.IPv4Network, has_gateway: bool
) -> list[Directive]:
    """One network for everyone: subnet and tap. A route of our own needs some host in it: .2."""
    if network.prefixlen > 30:
        raise directive.error(f"netmask {network.netmask} leaves no room: /30 or larger is needed")
    own, mask = network[1], str(network.netmask)
    added = [directive.derive("ifconfig", str(own), mask)]
    if _has_pool(directive):
        added.append(directive.derive("ifconfig-pool", str(network[2]), str(network[-2]), mask))
    if not has_gateway:
        added.append(directive.derive("route-gateway", str(network[2])))
    added.append(directive.derive("push", f"route-gateway {own}"))
    added.append(directive.derive("ifconfig-push-constraint", str(network[0]), mask))
    return added


def _paired(
    directive: Directive, network: ipaddress.IPv4Network, topology: str, client_to_client: bool
) -> list[Directive]:
    """A pair of addresses for each client: net30, or p2p."""
    if network.prefixlen > 29:
        raise directive.error(f"netmask {network.netmask} leaves no room: /29 or larger is needed")
    mask = str(network.netmask)
    end = network[-1] if network.prefixlen == 29 else network[-5]
    added = [directive.derive("ifconfig", str(network[1]), str(network[2]))]
    if _has_pool(directive):
        added.append(directive.derive("ifconfig-pool", str(network[4]), str(end)))
    added.append(directive.derive("route", str(network.network_address), mask))
    if client_to_client:
        added.append(directive.derive("push", f"route {network.network_address} {mask}"))
    elif topology == "net30":
        added.append(directive.derive("push", f"route {network[1]}"))
    return added


def _network(directive: Directive) -> ipaddress.IPv4Network:
    if not 2 <= len(directive.args) <= 3 or directive.args[2:] not in ((), ("nopool",)):
        raise directive.error(SERVER_USAGE)
    address, mask = directive.args[:2]
    try:
        network = ipaddress.IPv4Network(f"{address}/{mask}", strict=False)
    except ValueError:
        raise directive.error(f'"{address} {mask}" is not a network and its netmask') from None
    if str(network.network_address) != address:
        raise directive.error(
            f"{address} is an address in the network {network.network_address}, not the network"
        )
    return network


def _has_pool(directive: Directive) -> bool:
    return "nopool" not in directive.args


def _first(directive: Directive | None, default: str) -> str:
    return directive.args[0] if directive and directive.args else default


def expand_ipv6(directive: Directive, *, is_server: bool) -> list[Directive]:
    """What `server-ipv6 NETWORK/BITS` stands for: IPv6 beside IPv4, by the same places."""
    if not is_server:
        raise directive.error("needs mode server (or server)")
    if len(directive.args) != 1:
        raise directive.error(IPV6_USAGE)
    try:
        network = ipaddress.IPv6Network(directive.args[0])
    except ValueError:
        raise directive.error(
            f'"{directive.args[0]}" is not an IPv6 network: {IPV6_USAGE}'
        ) from None
    if not 64 <= network.prefixlen <= 124:
        raise directive.error(f"must be a network of 64 to 124 bits, not {network.prefixlen}")
    base = network[0x1000 if network.prefixlen < 112 else 2]
    derive, bits = directive.derive, network.prefixlen
    return [
        derive("ifconfig-ipv6", f"{network[1]}/{bits}", str(network[2])),
        derive("ifconfig-ipv6-pool", f"{base}/{bits}"),
        derive("push", "tun-ipv6"),
    ]


def expand_bridge(directive: Directive) -> list[Directive]:
    """What `server-bridge` stands for: clients in a network that is bridged to the tap."""
    derive = directive.derive
    added = [derive("mode", "server"), derive("tls-server")]
    if directive.args == ("nogw",):
        return added
    if not directive.args:
        return [*added, derive("push", "route-gateway dhcp")]
    if len(directive.args) != 4:
        raise directive.error(BRIDGE_USAGE)
    gateway, mask, start, end = directive.args
    try:
        network = ipaddress.IPv4Network(f"{gateway}/{mask}", strict=False)
        inside = [ipaddress.IPv4Address(one) in network for one in (start, end)]
    except ValueError:
        raise directive.error(f'"{" ".join(directive.args)}": {BRIDGE_USAGE}') from None
    if not all(inside):
        raise directive.error(f"the pool {start} to {end} is not inside {network}")
    return [
        *added,
        derive("ifconfig-pool", start, end, mask),
        derive("push", f"route-gateway {gateway}"),
    ]
