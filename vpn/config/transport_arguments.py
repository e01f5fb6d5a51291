"""Arguments of directives about sockets and proxies to values; a ValueError says what is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from vpn.config.arguments import HOST_NAME, choice, host, integer, port, proto
from vpn.config.values import HttpProxy, Local, PortShare, Secret, SocksProxy

if TYPE_CHECKING:
    from vpn.config.field import Arguments

MAX_PORT = 65535
MAX_INTERFACE = 15
HTTP_METHODS = ("none", "basic", "auto", "auto-nct")
MAX_CUSTOM_HEADERS = 10


def parse_local(arguments: Arguments) -> Local:
    """`local HOST [PORT] [PROTO]`; `*` is any address."""
    return Local(
        None if arguments[0] == "*" else host(arguments[0]),
        integer(arguments[1], 0, MAX_PORT, "port") if len(arguments) > 1 else None,
        proto(arguments[2]) if len(arguments) > 2 else None,
    )


def parse_device(arguments: Arguments) -> str:
    """`bind-dev`: the name of an interface."""
    name = arguments[0]
    if not 0 < len(name.encode()) <= MAX_INTERFACE or "/" in name:
        raise ValueError(f'"{name}" is not the name of an interface')
    return name


def parse_http_proxy(arguments: Arguments) -> HttpProxy:
    """`http-proxy HOST PORT [METHOD]`; load.py has taken the password's file away."""
    method = arguments[2] if len(arguments) > 2 else "none"
    if method in ("ntlm", "ntlm2"):
        raise ValueError("NTLM is not supported: its ciphers are broken; use basic or auto")
    choice(*HTTP_METHODS)((method,))
    return HttpProxy(host(arguments[0]), port(arguments[1]), method)


def parse_http_proxy_option(arguments: Arguments) -> tuple[str, ...]:
    """`http-proxy-option VERSION V | AGENT NAME | CUSTOM-HEADER NAME [CONTENT]`."""
    kind, values = arguments[0], arguments[1:]
    choice("VERSION", "AGENT", "CUSTOM-HEADER")((kind,))
    if not values or (len(values) > 1 and kind != "CUSTOM-HEADER"):
        raise ValueError(f"{kind} takes one value")
    if any(sign in word for word in values for sign in "\r\n"):
        raise ValueError("a header is one line")
    return arguments


def parse_socks_proxy(arguments: Arguments) -> SocksProxy:
    """`socks-proxy HOST [PORT] [FILE]`; load.py has put the file's contents in its place."""
    return SocksProxy(
        host(arguments[0]),
        port(arguments[1]) if len(arguments) > 1 else 1080,
        Secret(arguments[2].encode()) if len(arguments) > 2 else None,
    )


def parse_port_share(arguments: Arguments) -> PortShare:
    """`port-share HOST PORT [DIRECTORY]`."""
    if ":" not in arguments[0] and not HOST_NAME.fullmatch(arguments[0]):
        raise ValueError(f'"{arguments[0]}" is not a host name or an address')
    directory = arguments[2] if len(arguments) > 2 else None
    return PortShare(host(arguments[0]), port(arguments[1]), directory)
