"""Directives of one role: server [man: server-options], client [man: client-options], pushed."""

# ruff: noqa: RUF009 - opt() answers a dataclasses.field()

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vpn.config.arguments import (
    choice,
    ipv6_prefix,
    line,
    netmask,
    number,
    numbers,
    parse_pool,
    parse_protocol_flags,
    parse_pull_filter,
    parse_secret,
    parse_static_challenge,
    text,
)
from vpn.config.cipher_arguments import parse_cipher
from vpn.config.field import Arguments, Scope, flag, opt, opts, secret

if TYPE_CHECKING:
    from vpn.config.values import Pool, PullFilter, Secret, StaticChallenge


def _network(arguments: Arguments) -> tuple[str, str]:
    return arguments[0], netmask(arguments[1])


def _file_name(arguments: Arguments) -> str:
    """Empty where the contents stand in the configuration itself, or are asked for."""
    return "" if arguments[:1] in ((), ("[inline]",)) else arguments[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerOptions:
    """What only a server has: its pool, what it pushes, its limits."""

    mode_server: bool = opt(
        "mode",
        lambda words: choice("p2p", "server")(words) == "server",
        "p2p|server",
        default=False,
    )
    network: tuple[str, str] | None = opt(
        "server", _network, "NETWORK NETMASK [nopool]", default=None
    )
    bridge: tuple[str, ...] | None = opt(
        "server-bridge", lambda words: words, "[GATEWAY] [NETMASK] [START] [END]", default=None
    )
    pool: Pool | None = opt("ifconfig-pool", parse_pool, "START END [NETMASK]", default=None)
    pool_ipv6: str | None = opt(
        "ifconfig-ipv6-pool", lambda words: ipv6_prefix(words[0]), "BASE/BITS", default=None
    )
    pool_persist: tuple[str, int] | None = opt(
        "ifconfig-pool-persist",
        lambda words: (words[0], int(numbers((0, 600))(("0", *words[1:]))[1])),
        "FILE [SECONDS]",
        default=None,
    )
    push: tuple[str, ...] = opts("push", text, "DIRECTIVE")
    client_to_client: bool = flag("client-to-client")
    duplicate_cn: bool = flag("duplicate-cn")
    max_clients: int = opt("max-clients", number(1, 2**24 - 2), "N", default=1024)
    connect_freq_initial: tuple[int, int] = opt(
        "connect-freq-initial", numbers((100, 10)), "N SECONDS", default=(100, 10)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientOptions:
    """What only a client has: pulling, user name and password."""

    pull: bool = flag("pull")
    pull_filters: tuple[PullFilter, ...] = opts(
        "pull-filter", parse_pull_filter, "accept|ignore|reject TEXT"
    )
    route_nopull: bool = flag("route-nopull")
    auth_user_pass: Secret | None = secret(
        "auth-user-pass", "[FILE]", second=_file_name, also="auth_user_pass_file"
    )
    auth_user_pass_file: str = ""
    auth_nocache: bool = flag("auth-nocache")
    auth_retry: str = opt(
        "auth-retry", choice("none", "nointeract", "interact"), "none|nointeract|interact",
        default="none",
    )  # fmt: skip
    static_challenge: StaticChallenge | None = opt(
        "static-challenge", parse_static_challenge, "TEXT 0|1 [scrv1|concat]", default=None
    )
    push_peer_info: bool = flag("push-peer-info")


@dataclass(frozen=True, slots=True, kw_only=True)
class PushedOptions:
    """What a server pushes about the protocol itself; empty until PUSH_REPLY is merged."""

    peer_id: int | None = opt("peer-id", number(0, 2**24 - 1), "N", default=None, scope=Scope.PUSH)
    cipher: str | None = opt("cipher", parse_cipher, "NAME", default=None, scope=Scope.PUSH)
    protocol_flags: frozenset[str] = opt(
        "protocol-flags", parse_protocol_flags, "FLAG ...", default=frozenset(), scope=Scope.PUSH
    )
    key_derivation: str | None = opt(
        "key-derivation", choice("tls-ekm"), "tls-ekm", default=None, scope=Scope.PUSH
    )
    auth_token: Secret | None = opt(
        "auth-token", parse_secret, "TOKEN", default=None, scope=Scope.PUSH
    )
    auth_token_user: str | None = opt(
        "auth-token-user", text, "BASE64", default=None, scope=Scope.PUSH
    )
    environment: tuple[tuple[str, str], ...] = opts(
        "setenv-safe", lambda words: (words[0], words[1] if len(words) > 1 else ""), "NAME [VALUE]",
        scope=Scope.PUSH,
    )  # fmt: skip
    echo: tuple[str, ...] = opts("echo", line, "[WORD] ...", scope=Scope.PUSH)
