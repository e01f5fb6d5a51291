"""Who may connect to a server, and what one client gets that others don't [man: server-options].

AccessOptions are the server's own; PerClientOptions stand in a client's own file
(client-config-dir), in what a client-connect script writes, or come from the management interface.
"""

# ruff: noqa: RUF009 - opt() answers a dataclasses.field()

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from vpn.config.arguments import choice, integer, ipv4, ipv6_prefix, netmask, number, numbers, text
from vpn.config.field import CONFIG_OR_CLIENT, Arguments, Scope, flag, opt, opts, secret
from vpn.config.script_options import Command, parse_command

if TYPE_CHECKING:
    from vpn.config.values import Secret

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
MAX_SECONDS = 2**31 - 1


class Verifier(NamedTuple):
    """`auth-user-pass-verify`: who checks user names, and how it is told."""

    command: Command
    by_file: bool


class TokenLife(NamedTuple):
    """`auth-gen-token`: seconds that a token lives (0: for ever) and is renewed after."""

    lifetime: int = 0
    renewal: int | None = None
    is_external: bool = False  # the script decides about tokens too


def _verifier(arguments: Arguments) -> Verifier:
    by_file = choice("via-env", "via-file")(arguments[1:]) == "via-file"
    return Verifier(parse_command(arguments), by_file)


def _token_life(arguments: Arguments) -> TokenLife:
    words = list(arguments)
    is_external = words[-1:] == ["external-auth"]
    if is_external:
        words.pop()
    lifetime, renewal = (*(integer(word, 0, MAX_SECONDS) for word in words), None, None)[:2]
    return TokenLife(lifetime or 0, renewal or None, is_external)


def _iroute(arguments: Arguments) -> Network:
    mask = netmask(arguments[1]) if len(arguments) > 1 else "255.255.255.255"
    try:
        return ipaddress.IPv4Network(f"{ipv4(arguments[0])}/{mask}")
    except ValueError:
        raise ValueError(f'"{" ".join(arguments)}" has bits outside of its netmask') from None


def _iroute_ipv6(arguments: Arguments) -> Network:
    return ipaddress.IPv6Network(ipv6_prefix(arguments[0]), strict=False)


def _network(arguments: Arguments) -> ipaddress.IPv4Network:
    return ipaddress.IPv4Network(f"{ipv4(arguments[0])}/{netmask(arguments[1])}", strict=False)


def _ifconfig_push(arguments: Arguments) -> tuple[str, str]:
    return ipv4(arguments[0]), ipv4(arguments[1])


def _ifconfig_ipv6_push(arguments: Arguments) -> tuple[str, str | None]:
    if "/" not in arguments[0]:
        raise ValueError(f'"{arguments[0]}" needs a prefix length')
    gateway = str(ipaddress.IPv6Address(arguments[1])) if len(arguments) > 1 else None
    return ipv6_prefix(arguments[0]), gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessOptions:
    """Who is asked before a client is in, and whom the server tells of its clients."""

    client_config_dir: str | None = opt("client-config-dir", text, "DIRECTORY", default=None)
    ccd_exclusive: bool = flag("ccd-exclusive")
    user_pass_verify: Verifier | None = opt(
        "auth-user-pass-verify", _verifier, "COMMAND via-env|via-file", default=None
    )
    user_pass_optional: bool = flag("auth-user-pass-optional")
    username_as_common_name: bool = flag("username-as-common-name")
    token_life: TokenLife | None = opt(
        "auth-gen-token", _token_life, "[SECONDS] [RENEWAL] [external-auth]", default=None
    )
    token_secret: Secret | None = secret("auth-gen-token-secret", "[FILE]")
    client_connect: Command = opt("client-connect", parse_command, "COMMAND", default=())
    client_crresponse: Command = opt("client-crresponse", parse_command, "COMMAND", default=())
    client_disconnect: Command = opt("client-disconnect", parse_command, "COMMAND", default=())
    learn_address: Command = opt("learn-address", parse_command, "COMMAND", default=())
    tmp_dir: str | None = opt("tmp-dir", text, "DIRECTORY", default=None)
    connect_freq: tuple[int, int] | None = opt(
        "connect-freq", numbers((1, 1)), "N SECONDS", default=None
    )
    max_routes: int = opt(
        "max-routes-per-client", number(1, 2**31 - 1), "N", default=256, scope=CONFIG_OR_CLIENT
    )
    stale_routes: tuple[int, int] | None = opt(
        "stale-routes-check",
        lambda words: (number(1, MAX_SECONDS)(words), number(1, MAX_SECONDS)(words[-1:])),
        "SECONDS [INTERVAL]",
        default=None,
    )

    address_constraint: ipaddress.IPv4Network | None = opt(
        "ifconfig-push-constraint", _network, "NETWORK NETMASK", default=None
    )
    forces_exporter: bool = flag("force-tls-key-material-export")

    vlan_tagging: bool = flag("vlan-tagging")
    vlan_accept: str = opt(
        "vlan-accept", choice("all", "tagged", "untagged"), "all|tagged|untagged", default="all"
    )
    vlan_pvid: int = opt("vlan-pvid", number(1, 4094), "N", default=1, scope=CONFIG_OR_CLIENT)

    @property
    def wants_user(self) -> bool:
        """Does a user name have to come with a client?"""
        return self.user_pass_verify is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class PerClientOptions:
    """What one client gets; `push`, `push-reset` and `push-remove` are in client_config.py."""

    disable: bool = flag("disable", scope=Scope.CLIENT)
    ifconfig: tuple[str, str] | None = opt(
        "ifconfig-push", _ifconfig_push, "LOCAL REMOTE|NETMASK [ALIAS]", default=None,
        scope=Scope.CLIENT,
    )  # fmt: skip
    ifconfig_ipv6: tuple[str, str | None] | None = opt(
        "ifconfig-ipv6-push", _ifconfig_ipv6_push, "ADDRESS/BITS [REMOTE]", default=None,
        scope=Scope.CLIENT,
    )  # fmt: skip
    override_username: str | None = opt(
        "override-username", text, "NAME", default=None, scope=Scope.CLIENT
    )
    iroutes: tuple[Network, ...] = opts("iroute", _iroute, "NETWORK [NETMASK]", scope=Scope.CLIENT)
    iroutes_ipv6: tuple[Network, ...] = opts(
        "iroute-ipv6", _iroute_ipv6, "PREFIX/BITS", scope=Scope.CLIENT
    )
    kept_back: frozenset[str] = frozenset()  # `ifconfig`, `ifconfig-ipv6`: not pushed
