"""Options that follow from other options: device type, topology, ports, remotes, timers, mssfix."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from vpn.config.cipher_arguments import left_out
from vpn.config.compatibility import older
from vpn.config.expand import last
from vpn.config.lexer import Directive
from vpn.config.link_options import LinkOptions, TunOptions
from vpn.config.options import Options
from vpn.config.values import Connection, DevType, Local, Topology

log = logging.getLogger("vpn.config")

DEFAULT_PORT = 1194
PULL_PING_RESTART = 120  # seconds; a client that is told nothing [man: --ping-restart]
STANDARD_MTU = 1500
TIMERS = ("ping-restart", "ping-exit")

CLEAR_TEXT = (
    "WARNING: cipher 'none' specified for --data-ciphers. This allows negotiation of NO encryption "
    "and tunnelled data WILL then be transmitted in clear text over the network!"
)
NOT_AUTHENTICATED = (
    "WARNING: '--auth none' was specified. This means no authentication will be performed on "
    "received packets, but for those of AEAD ciphers."
)


def complete(options: Options, plain: Iterable[Directive]) -> Options:
    """Fill in what the configuration leaves open."""
    directives = list(plain)
    given = {directive.name for directive in directives}
    tun = _complete_tun(options, directives)
    link = _one_timer(_complete_link(options, given), [one.name for one in directives])
    mssfix = last(directives, "mssfix")
    if link.fragment and (mssfix is None or not mssfix.args):
        link = replace(link, mssfix=link.fragment, mssfix_mode=link.fragment_mode)
    elif mssfix is None and tun.tun_mtu != STANDARD_MTU:
        link = replace(link, mssfix=tun.tun_mtu, mssfix_mode="fixed")
    options = replace(options, link=link, tun=tun)
    return _complete_ciphers(older(options, given), directives)


def _complete_tun(options: Options, directives: list[Directive]) -> TunOptions:
    """The device's type from its name; the topology, which server mode has its own default for."""
    tun = options.tun
    if last(directives, "dev-type") is None:
        kind = next((kind for kind in DevType if tun.dev.startswith(kind.value)), None)
        if kind is None:
            place = last(directives, "dev") or Directive("dev")
            raise place.error(
                f'"{tun.dev}" tells no type: say dev-type tun or dev-type tap with it'
            )
        tun = replace(tun, dev_type=kind)
    if tun.topology is None:
        is_subnet = options.server.mode_server and tun.dev_type is DevType.TUN
        tun = replace(tun, topology=Topology.SUBNET if is_subnet else Topology.NET30)
    return _with_ipv6_gateway(tun)


def _with_ipv6_gateway(tun: TunOptions) -> TunOptions:
    if tun.route_ipv6_gateway is None:
        return tun
    routes = tuple(
        route if route.gateway else route._replace(gateway=tun.route_ipv6_gateway)
        for route in tun.routes_ipv6
    )
    return replace(tun, routes_ipv6=routes)


def _complete_link(options: Options, given: set[str]) -> LinkOptions:
    """Remotes to connections; the local port, which a client only binds when it is named."""
    link = _complete_locals(options.link)
    connections = tuple(
        Connection(remote.host, remote.port or link.rport, remote.proto or link.proto)
        for remote in link.remotes
    )
    if link.proto_force:
        connections = tuple(
            one for one in connections if one.proto.is_tcp == (link.proto_force == "tcp")
        )
    if not connections and not link.remotes and options.is_point_to_point:
        connections = (Connection("", link.rport, link.proto),)  # whoever comes
    only_tcp = bool(connections) and all(
        one.proto.is_tcp and not one.proto.is_server for one in connections
    )
    nobind = link.nobind or link.lport == 0
    if options.client.pull or (only_tcp and not options.server.mode_server):
        nobind = nobind or not given & {"lport", "local", "bind"}
    link = replace(
        link,
        connections=connections,
        nobind=nobind,
        lport=None if nobind else link.lport or DEFAULT_PORT,
    )
    if options.client.pull and not given & set(TIMERS) and connections and not only_tcp:
        link = replace(link, ping_restart=PULL_PING_RESTART)
    return link


def _complete_locals(link: LinkOptions) -> LinkOptions:
    """What one `local` leaves open, or says about the port and the protocol."""
    port = DEFAULT_PORT if link.lport is None else link.lport
    places = tuple(
        Local(one.host, port if one.port is None else one.port, one.proto or link.proto)
        for one in link.locals_
    )
    if len(places) != 1:
        return replace(link, locals_=places)
    only = places[0]
    lport = only.port if link.locals_[0].port is not None else link.lport
    return replace(link, locals_=places, lport=lport, proto=only.proto or link.proto)


def _complete_ciphers(options: Options, directives: list[Directive]) -> Options:
    """What of the ciphers that are named counts for nothing, said aloud."""
    data, warnings = options.data, list(options.warnings)
    for name in ("data-ciphers", "ncp-ciphers"):
        place = last(directives, name)
        missing = left_out(place.args) if place else []
        if missing:
            names = ", ".join(missing)
            warnings.append(
                f"WARNING: {place}: {names} left out: not supported yet (see --show-ciphers)"
            )
    if "none" in data.data_ciphers:
        warnings.append(CLEAR_TEXT)
    if data.auth == "none":
        warnings.append(NOT_AUTHENTICATED)
    cipher = data.cipher if options.tls.static_key is None else None
    if cipher is not None and cipher not in data.data_ciphers:
        warnings.append(
            f"DEPRECATED OPTION: {last(directives, 'cipher')}: {cipher} is not in data-ciphers "
            f"({':'.join(data.data_ciphers)}), so it is not negotiated; "
            "add it there if the other end has no other"
        )
    return replace(options, data=data, warnings=tuple(warnings))


def complete_pushed(before: Options, after: Options, taken: list[str]) -> Options:
    """The same after a push. `taken`: the directives that came in it, in order."""
    link, tun = after.link, after.tun
    if tun.tun_mtu > tun.tun_mtu_max:
        words = (
            "Server-pushed tun-mtu is too large, please add tun-mtu-max %d in the client "
            "configuration"
        )
        log.warning(words, tun.tun_mtu)
        tun = replace(tun, tun_mtu=max(before.tun.tun_mtu, tun.tun_mtu_max))
    data = after.data
    if data.compression.is_real and not before.data.allows_compression:
        words = (
            "WARNING: pushed compression '%s': only its framing is used; compressed packets are "
            "dropped (see --allow-compression)"
        )
        log.warning(words, data.compression.value)
        data = replace(data, compression=data.compression.stub)
    return replace(after, link=_one_timer(link, taken), tun=_with_ipv6_gateway(tun), data=data)


def _one_timer(link: LinkOptions, names: list[str]) -> LinkOptions:
    """Of ping-restart and ping-exit, the one that was said last."""
    said = [name for name in names if name in TIMERS]
    if not said:
        return link
    if said[-1] == "ping-exit":
        return replace(link, ping_restart=0) if link.ping_restart else link
    return replace(link, ping_exit=0) if link.ping_exit else link
