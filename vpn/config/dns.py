"""`dns` and `dhcp-option` to name servers and search domains [man: --dns].

dns search-domains DOMAIN ...
dns server PRIORITY address ADDRESS[:PORT] ...     PRIORITY -128..127, the smallest comes first
dns server PRIORITY resolve-domains DOMAIN ...     names under these only
dns server PRIORITY dnssec|transport|sni VALUE
dhcp-option DNS|DNS6 ADDRESS                       the old form, where there is no `dns`
dhcp-option DOMAIN|DOMAIN-SEARCH NAME
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass, replace
from typing import Any

PRIORITIES = range(-128, 128)
NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,253}[A-Za-z0-9_.])?")
CHOICES = {"dnssec": ("yes", "optional", "no"), "transport": ("DoH", "DoT", "plain")}
ADDRESS_TYPES = ("DNS", "DNS6")
DOMAIN_TYPES = ("DOMAIN", "ADAPTER_DOMAIN_SUFFIX", "DOMAIN-SEARCH")


@dataclass(frozen=True, slots=True)
class Server:
    """One name server: where it is, and which names are its own (none: all)."""

    addresses: tuple[tuple[str, int | None], ...] = ()  # (address, port if not the usual one)
    domains: tuple[str, ...] = ()
    dnssec: str = ""
    transport: str = ""
    sni: str = ""


@dataclass(frozen=True, slots=True)
class NameServers:
    """What a tunnel brings: its servers, the one to ask first in front, and search domains."""

    servers: tuple[Server, ...] = ()
    search: tuple[str, ...] = ()


def check(words: tuple[str, ...]) -> tuple[str, ...]:
    """The words of a `dns` directive; ValueError if they say nothing that can be done."""
    _apply(words, {}, [])
    return words


def name_servers(
    dns: tuple[tuple[str, ...], ...], dhcp_options: tuple[tuple[str, ...], ...]
) -> NameServers:
    """All `dns` lines together; without any, what `dhcp-option` says."""
    servers: dict[int, Server] = {}
    search: list[str] = []
    for words in dns:
        _apply(words, servers, search)
    if not servers and not search:
        return _from_dhcp(dhcp_options)
    return NameServers(tuple(servers[priority] for priority in sorted(servers)), tuple(search))


def _apply(words: tuple[str, ...], servers: dict[int, Server], search: list[str]) -> None:
    match words:
        case ("search-domains", _, *_):
            search += [_domain(word) for word in words[1:]]
        case ("server", priority, "address", _, *_):
            found = tuple(_address(word) for word in words[3:])
            _change(servers, priority, addresses=found)
        case ("server", priority, "resolve-domains", _, *_):
            _change(servers, priority, domains=tuple(_domain(word) for word in words[3:]))
        case ("server", priority, "sni", name):
            _change(servers, priority, sni=_domain(name))
        case ("server", priority, ("dnssec" | "transport") as what, value):
            if value not in CHOICES[what]:
                raise ValueError(f'{what} must be {", ".join(CHOICES[what])}, not "{value}"')
            _change(servers, priority, **{what: value})
        case _:
            raise ValueError("takes search-domains DOMAIN ... or server PRIORITY KEYWORD VALUE ...")


def _change(servers: dict[int, Server], word: str, **changes: Any) -> None:
    """Set what is known of the server with this priority; its lists grow."""
    if not re.fullmatch(r"-?[0-9]{1,3}", word) or int(word) not in PRIORITIES:
        raise ValueError(f'priority must be -128..127, not "{word}"')
    one = servers.get(int(word), Server())
    for grows in {"addresses", "domains"} & changes.keys():
        changes[grows] = getattr(one, grows) + changes[grows]
    servers[int(word)] = replace(one, **changes)


def _address(word: str) -> tuple[str, int | None]:
    """`192.0.2.1`, `192.0.2.1:53`, `2001:db8::1`, `[2001:db8::1]:53`."""
    host, port = word, ""
    if bracketed := re.fullmatch(r"\[([^\]]*)\](?::([0-9]+))?", word):
        host, port = bracketed[1], bracketed[2] or ""
    elif word.count(":") == 1:
        host, port = word.split(":")
    if port and not (port.isdecimal() and 1 <= int(port) <= 65535):
        raise ValueError(f'port must be 1..65535, not "{port}"')
    try:
        return str(ipaddress.ip_address(host)), int(port) if port else None
    except ValueError:
        raise ValueError(f'must be an address, not "{word}"') from None


def _domain(word: str) -> str:
    if not NAME.fullmatch(word):
        raise ValueError(f'must be a domain, not "{word}"')
    return word


def _from_dhcp(options: tuple[tuple[str, ...], ...]) -> NameServers:
    """What can't be used is passed over: the old form carries much else."""
    addresses: list[tuple[str, int | None]] = []
    search: list[str] = []
    for kind, value in (words[:2] for words in options if len(words) > 1):
        if kind.upper() in ADDRESS_TYPES:
            try:
                addresses.append((str(ipaddress.ip_address(value)), None))
            except ValueError:
                continue
        elif kind.upper() in DOMAIN_TYPES and NAME.fullmatch(value):
            search.append(value)
    return NameServers((Server(tuple(addresses)),) if addresses else (), tuple(search))
