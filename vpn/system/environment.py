"""What scripts are told of a tunnel, by the stock program's names [man: environmental-variables].

Pure: options in, names and values out.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from vpn.config.arguments import PRIVATE
from vpn.config.dns import name_servers
from vpn.config.options import DevType, LinkOptions, Options, TunOptions
from vpn.events import Address
from vpn.system.routes import has_netmask, tunnel_gateway


def of_process(options: Options) -> dict[str, str]:
    """What is known from the start."""
    found = dict(options.scripts.environment)
    found |= {f"OPENVPN_{name}": value for name, value in options.push.environment}
    found |= dict(_connections(options.link))
    found |= {
        "config": options.process.config_file,
        "verb": str(options.log.verb),
        "daemon": str(int(options.process.daemon is not None)),
        "daemon_log_redirect": str(int(bool(options.log.log or options.log.log_append))),
    }
    return found


def of_tunnel(options: Options, device: str, remote: Address | None) -> dict[str, str]:
    """Everything that is known once the tun is open."""
    tun = options.tun
    found = of_process(options)
    found |= {"dev": device, "dev_type": tun.dev_type.value, "tun_mtu": str(tun.tun_mtu)}
    if remote is not None:
        found |= of_remote("untrusted", remote) | of_remote("trusted", remote)
    found |= dict(_addresses(tun))
    found |= dict(_routes(options))
    found |= dict(_dns(tun))
    return found


def of_remote(kind: str, remote: Address) -> dict[str, str]:
    """`trusted_ip` and `trusted_port`, or those with another first word; `_ip6` where it is one."""
    host = remote.host.removeprefix("::ffff:")
    return {f"{kind}_ip{'6' if ':' in host else ''}": host, f"{kind}_port": str(remote.port)}


def up_arguments(tun: TunOptions, device: str, context: str) -> list[str]:
    """`dev tun_mtu 0 ifconfig_local ifconfig_remote|netmask init|restart`."""
    return [device, str(tun.tun_mtu), "0", *(tun.ifconfig or ("", "")), context]


def _connections(link: LinkOptions) -> Iterator[tuple[str, str]]:
    """A server, and whoever is only called, has one without a remote."""
    for number, one in enumerate(link.connections or (None,), 1):
        if one is not None:
            yield f"remote_{number}", one.host
        yield f"remote_port_{number}", str(one.port if one else link.rport)
        if link.lport is not None:
            yield f"local_port_{number}", str(link.lport)
        yield f"proto_{number}", (one.proto if one else link.proto).value


def _addresses(tun: TunOptions) -> Iterator[tuple[str, str]]:
    if tun.ifconfig is not None:
        local, second = tun.ifconfig
        yield "ifconfig_local", local
        if has_netmask(tun):
            yield "ifconfig_netmask", second
            if tun.dev_type is DevType.TAP:
                network = ipaddress.IPv4Interface(f"{local}/{second}").network
                yield "ifconfig_broadcast", str(network.broadcast_address)
        else:
            yield "ifconfig_remote", second
    if tun.ifconfig_ipv6 is not None:
        address, _, bits = tun.ifconfig_ipv6[0].partition("/")
        yield "ifconfig_ipv6_local", address
        yield "ifconfig_ipv6_netbits", bits or "64"
        yield "ifconfig_ipv6_remote", tun.ifconfig_ipv6[1]


def _routes(options: Options) -> Iterator[tuple[str, str]]:
    tun = options.tun
    gateway = tunnel_gateway(tun)
    if gateway and (options.client.pull or tun.routes):
        yield "route_vpn_gateway", gateway
    is_redirected = tun.redirect_gateway is not None and PRIVATE not in tun.redirect_gateway
    yield "redirect_gateway", str(int(is_redirected))
    for number, route in enumerate(tun.routes, 1):
        yield f"route_network_{number}", route.network
        yield f"route_netmask_{number}", route.netmask
        yield f"route_gateway_{number}", route.gateway or gateway or ""
        if route.metric is not None:
            yield f"route_metric_{number}", str(route.metric)
    for number, route6 in enumerate(tun.routes_ipv6, 1):
        yield f"route_ipv6_network_{number}", route6.network
        yield f"route_ipv6_gateway_{number}", route6.gateway or ""


def _dns(tun: TunOptions) -> Iterator[tuple[str, str]]:
    for number, words in enumerate(tun.dhcp_options, 1):
        yield f"foreign_option_{number}", " ".join(("dhcp-option", *words))
    names = name_servers(tun.dns, ())
    for number, domain in enumerate(names.search, 1):
        yield f"dns_search_domain_{number}", domain
    for number, server in enumerate(names.servers, 1):
        for place, (host, port) in enumerate(server.addresses, 1):
            yield f"dns_server_{number}_address_{place}", host
            if port is not None:
                yield f"dns_server_{number}_port_{place}", str(port)
        for place, domain in enumerate(server.domains, 1):
            yield f"dns_server_{number}_resolve_domain_{place}", domain
        for what in ("dnssec", "transport", "sni"):
            if value := getattr(server, what):
                yield f"dns_server_{number}_{what}", value
