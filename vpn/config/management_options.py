"""Directives about the management interface [man: management-interface-options]."""

# ruff: noqa: RUF009 - opt() answers a dataclasses.field()

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from vpn.config.arguments import number, port, text
from vpn.config.field import Arguments, flag, opt

UNIX = "unix"


class ManagementAddress(NamedTuple):
    """Where the interface listens, or what it connects to: a host, or a path without a port."""

    host: str
    port: int | None
    password_file: str | None


def _address(arguments: Arguments) -> ManagementAddress:
    where = None if arguments[1] == UNIX else port(arguments[1])
    return ManagementAddress(arguments[0], where, arguments[2] if len(arguments) > 2 else None)


@dataclass(frozen=True, slots=True, kw_only=True)
class ManagementOptions:
    """Where it is, who may use it, and what the program asks it before it goes on."""

    address: ManagementAddress | None = opt(
        "management", _address, "HOST|PATH PORT|unix [PASSWORD-FILE]", default=None
    )
    connects_out: bool = flag("management-client")
    user: str | None = opt("management-client-user", text, "NAME", default=None)
    group: str | None = opt("management-client-group", text, "NAME", default=None)
    hold: bool = flag("management-hold")
    query_passwords: bool = flag("management-query-passwords")
    query_remote: bool = flag("management-query-remote")
    query_proxy: bool = flag("management-query-proxy")
    signal: bool = flag("management-signal")
    forget_disconnect: bool = flag("management-forget-disconnect")
    up_down: bool = flag("management-up-down")
    client_auth: bool = flag("management-client-auth")
    log_cache: int = opt("management-log-cache", number(1, 100_000), "LINES", default=250)
