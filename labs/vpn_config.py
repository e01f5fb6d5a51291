"""The configuration files of the two ends: the same text whichever program reads it.

A base that works as it stands, and on it the `--set` of the user. A directive that only one end
understands goes to that end; one whose two ends say different things (proto, tls-auth) is
translated. The port is the topology's, which `Settings.fitted` has changed by then.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from labs import addressing
from labs.settings import Setting, Settings
from labs.topology import Topology

SERVER_ONLY = frozenset(
    {
        "server", "server-bridge", "server-ipv6", "topology", "push", "push-remove", "push-reset",
        "keepalive", "max-clients", "client-to-client", "duplicate-cn", "ifconfig-pool",
        "ifconfig-pool-persist", "client-config-dir", "ccd-exclusive", "connect-freq",
        "connect-freq-initial", "tls-server", "mode", "dh", "verify-client-cert",
        "username-as-common-name", "auth-gen-token", "iroute", "crl-verify", "port-share",
        "opt-verify", "client-connect", "client-disconnect", "learn-address",
    }
)  # fmt: skip
CLIENT_ONLY = frozenset(
    {
        "client", "remote", "remote-random", "nobind", "pull", "pull-filter", "route-nopull",
        "resolv-retry", "connect-retry", "connect-retry-max", "connect-timeout", "auth-user-pass",
        "remote-cert-tls", "verify-x509-name", "tls-client", "server-poll-timeout", "auth-retry",
        "allow-recursive-routing", "redirect-gateway", "push-peer-info",
    }
)  # fmt: skip
REPEATABLE = frozenset(
    {"push", "route", "route-ipv6", "remote", "setenv", "dhcp-option", "dns", "pull-filter",
     "plugin", "ignore-unknown-option", "iroute", "local"}
)  # fmt: skip
UDP_ONLY = frozenset({"explicit-exit-notify"})

# What `--set tls-auth` and `--set tls-crypt` name when the user gives no file of his own.
TLS_AUTH_KEY = "ta.key"
TLS_CRYPT_KEY = "tls-crypt.key"
TLS_CRYPT_V2_KEY = "tls-crypt-v2.key"  # another for each end

CLIENT_FILES = "ccd"  # where a server finds its files about single clients


@dataclass(frozen=True, slots=True)
class Line:
    """One directive of a configuration file."""

    directive: str
    value: str = ""

    def __str__(self) -> str:
        return f"{self.directive} {self.value}".rstrip()


def write(directory: Path, topology: Topology, settings: Settings) -> None:
    """Write what the ends' programs will read, each in its own place below `directory`.

    A program that starts at this moment reads a whole file, the old one or the new.
    """
    vpn = topology.vpn
    for role, names in (("server", vpn.servers), ("client", vpn.clients)):
        for name in names:
            config = path(directory, name, role)
            written = config.with_suffix(".new")
            written.write_text(text(topology, settings, role, name), encoding="utf-8")
            written.replace(config)
    for server in vpn.servers:
        about_clients = path(directory, server, "server").with_name(CLIENT_FILES)
        about_clients.mkdir(exist_ok=True)
        for name, lines in files_for_clients(topology).items():
            (about_clients / name).write_text(lines, encoding="utf-8")


def path(directory: Path, node: str, role: str) -> Path:
    """Where an end's configuration is, beside its keys."""
    return directory / "vpn" / node / f"{role}.conf"


def text(topology: Topology, settings: Settings, end: str, certificate: str) -> str:
    """Write an end's configuration; `certificate` names its files, and its node."""
    lines = _base(topology, end, certificate)
    for setting in settings.sets:
        if setting.applies_to(end, certificate) and _belongs(setting, end):
            lines = _applied(lines, setting, end)
    if _is_tcp(lines):
        lines = [line for line in lines if line.directive not in UDP_ONLY]
    head = f"# The {end} of lab topology {topology.name}, written by `lab up`: --set changes it.\n"
    return head + "".join(f"{line}\n" for line in lines)


def files_for_clients(topology: Topology) -> dict[str, str]:
    """What the server reads about one client: the networks behind it, by the client's name."""
    return {
        client: "".join(f"iroute {addressing.with_netmask(one)}\n" for one in prefixes)
        for client, prefixes in topology.vpn.iroutes.items()
    }


def _base(topology: Topology, end: str, certificate: str) -> list[Line]:
    vpn = topology.vpn
    files = [
        Line("ca", "ca.crt"),
        Line("cert", f"{certificate}.crt"),
        Line("key", f"{certificate}.key"),
    ]
    if end == "client":
        return [
            Line("client"),
            Line("dev", "tun" if topology.node(vpn.server).bridge is None else "tap"),
            Line("proto", "udp"),
            Line("remote", f"{vpn.remote} {vpn.port}"),
            Line("nobind"),
            *files,
            Line("remote-cert-tls", "server"),
            Line("explicit-exit-notify", "1"),
            Line("verb", "3"),
        ]
    return [
        Line("port", str(vpn.port)),
        Line("proto", "udp"),
        *_networks(topology, certificate),
        *files,
        Line("dh", "none"),
        Line("keepalive", "10 60"),
        Line("explicit-exit-notify", "1"),
        Line("verb", "3"),
    ]


def _networks(topology: Topology, server: str) -> list[Line]:
    """Which addresses a server gives, and what is reached through it and through its clients."""
    vpn, bridge = topology.vpn, topology.node(server).bridge
    pushed = [Line("push", f'"route {addressing.with_netmask(one)}"') for one in vpn.routes]
    if bridge is not None:
        subnet = next(one.subnet for one in topology.segments if one.name == bridge.segment)
        ends = (addressing.plain(addressing.host(subnet, number)) for number in bridge.pool)
        own, mask = topology.address(server, bridge.segment), addressing.netmask(subnet)
        words = " ".join((own, mask, *ends))
        return [Line("dev", bridge.tap), Line("server-bridge", words), *pushed]
    lines = [
        Line("dev", "tun"),
        Line("server", addressing.with_netmask(vpn.network_of(server))),
        Line("topology", "subnet"),
        *pushed,
    ]
    for prefixes in vpn.iroutes.values():
        lines += [Line("route", addressing.with_netmask(one)) for one in prefixes]
    return [*lines, Line("client-config-dir", CLIENT_FILES)] if vpn.iroutes else lines


def _belongs(setting: Setting, end: str) -> bool:
    """Is this end one that understands the directive? Who names an end knows better."""
    if setting.end is not None:
        return True
    if setting.directive == "port":
        return False
    return setting.directive not in (CLIENT_ONLY if end == "server" else SERVER_ONLY)


def _applied(lines: list[Line], setting: Setting, end: str) -> list[Line]:
    if setting.is_removal:
        return [line for line in lines if line.directive != setting.directive]
    new = _translated(setting, end)
    if new.directive in REPEATABLE:
        return [*lines, new]
    for place, line in enumerate(lines):
        if line.directive == new.directive:
            return [*lines[:place], new, *lines[place + 1 :]]
    return [*lines, new]


def _translated(setting: Setting, end: str) -> Line:
    """Say to one end what was said to both."""
    line = Line(setting.directive, setting.value)
    match setting.directive:
        case "proto" if setting.value.removesuffix("4").removesuffix("6") == "tcp":
            return replace(line, value=f"{setting.value}-{end}")
        case "cipher":
            return replace(line, directive="data-ciphers")
        case "tls-auth" if not setting.value:
            return replace(line, value=f"{TLS_AUTH_KEY} {0 if end == 'server' else 1}")
        case "tls-crypt" if not setting.value:
            return replace(line, value=TLS_CRYPT_KEY)
        case "tls-crypt-v2" if not setting.value:
            return replace(line, value=TLS_CRYPT_V2_KEY)
        case "push" if not setting.value.startswith('"'):
            return replace(line, value=f'"{setting.value}"')
        case _:
            return line


def _is_tcp(lines: list[Line]) -> bool:
    return any(line.directive == "proto" and line.value.startswith("tcp") for line in lines)
