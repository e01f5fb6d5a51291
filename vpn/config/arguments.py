"""From the words after a directive to a value; a ValueError says why a word can't be taken.

Parsers are pure and know neither the directive's name nor its place: parse.py adds them.
"""

from __future__ import annotations

import ipaddress
import re
from typing import TYPE_CHECKING

from vpn.config.values import (
    DevType,
    Pool,
    Proto,
    PullFilter,
    Remote,
    Route,
    Route6,
    Secret,
    StaticChallenge,
    Topology,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from vpn.config.field import Arguments

DAY = 24 * 3600
MAX_SECONDS = 2**31 - 1
MAX_PORT = 65535
MIN_FRAGMENT = 68
MAX_METRIC = 2**31 - 1
ROUTE_KEYWORDS = frozenset({"vpn_gateway", "net_gateway", "remote_host"})
PRIVATE = "private"  # beside the flags, with redirect-private
REDIRECT_FLAGS = frozenset(
    {"def1", "local", "autolocal", "bypass-dhcp", "bypass-dns", "block-local", "ipv6", "!ipv4"}
)
HOST_NAME = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_.-]{0,253}[A-Za-z0-9_.])?")


def integer(word: str, low: int, high: int, what: str = "") -> int:
    """A decimal number in a range."""
    name = f"{what} " if what else ""
    if not re.fullmatch(r"-?[0-9]{1,18}", word) or not low <= int(word) <= high:
        raise ValueError(f'{name}must be {low}..{high}, not "{word}"')
    return int(word)


def number(low: int = 0, high: int = MAX_SECONDS) -> Callable[[Arguments], int]:
    """One number."""
    return lambda arguments: integer(arguments[0], low, high)


def number_or(default: int, low: int, high: int) -> Callable[[Arguments], int]:
    """One number, or `default` when it is left out."""
    return lambda arguments: integer(arguments[0], low, high) if arguments else default


def numbers(
    default: tuple[int, int], high: int = MAX_SECONDS
) -> Callable[[Arguments], tuple[int, int]]:
    """One or two numbers; the second one defaults."""

    def parse(arguments: Arguments) -> tuple[int, int]:
        first = integer(arguments[0], 0, high)
        return first, integer(arguments[1], 0, high) if len(arguments) > 1 else default[1]

    return parse


def port(word: str) -> int:
    """A port number."""
    return integer(word, 1, MAX_PORT, "port")


def text(arguments: Arguments) -> str:
    """One word as it is."""
    return arguments[0]


def words(arguments: Arguments) -> tuple[str, ...]:
    """All words as they are."""
    return arguments


def line(arguments: Arguments) -> str:
    """The words as one line, quoted where a blank or a quote would get lost."""
    return " ".join(quoted(word) for word in arguments)


def quoted(word: str) -> str:
    """The word so that the lexer gives it back."""
    if word and not re.search(r"[\s\"'\\#;]", word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def choice(*allowed: str) -> Callable[[Arguments], str]:
    """One of a few words."""

    def parse(arguments: Arguments) -> str:
        if arguments[0] not in allowed:
            raise ValueError(f'must be {_listed(allowed)}, not "{arguments[0]}"')
        return arguments[0]

    return parse


def _listed(allowed: tuple[str, ...]) -> str:
    return " or ".join([", ".join(allowed[:-1]), allowed[-1]] if len(allowed) > 1 else allowed)


def host(word: str) -> str:
    """A host name or an address; names of interfaces and the like are refused early."""
    if ":" in word:
        return ipv6(word)
    if not HOST_NAME.fullmatch(word):
        raise ValueError(f'"{word}" is not a host name or an address')
    return word


def ipv4(word: str) -> str:
    """An IPv4 address."""
    try:
        return str(ipaddress.IPv4Address(word))
    except ValueError:
        raise ValueError(f'"{word}" is not an IPv4 address') from None


def ipv6(word: str) -> str:
    """An IPv6 address; a zone (`%eth0`) is kept."""
    try:
        return str(ipaddress.IPv6Address(word))
    except ValueError:
        raise ValueError(f'"{word}" is not an IPv6 address') from None


def netmask(word: str) -> str:
    """An IPv4 netmask: ones, then zeros."""
    value = int(ipaddress.IPv4Address(ipv4(word)))
    inverted = ~value & 0xFFFFFFFF
    if inverted & (inverted + 1):
        raise ValueError(f'"{word}" is not a netmask')
    return word


def ipv6_prefix(word: str) -> str:
    """`prefix/bits`."""
    address, slash, bits = word.partition("/")
    ipv6(address)
    if slash:
        integer(bits, 0, 128, "prefix length")
    return word if slash else f"{word}/128"


def proto(word: str) -> Proto:
    """A protocol; expand.py has already told `tcp` apart into client and server."""
    try:
        return Proto(word)
    except ValueError:
        raise ValueError(
            "protocol must be udp, udp4, udp6, tcp, tcp-client, tcp-server or one of these "
            f'with 4 or 6, not "{word}"'
        ) from None


def parse_proto(arguments: Arguments) -> Proto:
    """`proto`."""
    return proto(arguments[0])


def parse_remote(arguments: Arguments) -> Remote:
    """`remote HOST [PORT] [PROTO]`."""
    return Remote(
        host(arguments[0]),
        port(arguments[1]) if arguments[1:] and arguments[1] else None,
        proto(arguments[2]) if len(arguments) > 2 else None,
    )


def parse_port(arguments: Arguments) -> int:
    """`rport`."""
    return port(arguments[0])


def parse_lport(arguments: Arguments) -> int:
    """`lport`: 0 leaves the choice to the kernel."""
    return integer(arguments[0], 0, MAX_PORT, "port")


def parse_bind(arguments: Arguments) -> tuple[bool, bool]:
    """`bind [ipv6only]`."""
    return True, bool(arguments) and choice("ipv6only")(arguments) == "ipv6only"


def parse_connect_retry(arguments: Arguments) -> tuple[int, int]:
    """`connect-retry N [MAX]`."""
    first = integer(arguments[0], 1, MAX_PORT)
    return first, max(first, integer(arguments[1], 1, MAX_PORT) if len(arguments) > 1 else 300)


def parse_connect_retry_max(arguments: Arguments) -> int | None:
    """`connect-retry-max N|unlimited`."""
    return None if arguments[0] == "unlimited" else integer(arguments[0], 1, MAX_SECONDS)


def parse_resolv_retry(arguments: Arguments) -> int | None:
    """`resolv-retry N|infinite`."""
    return None if arguments[0] == "infinite" else integer(arguments[0], 0, MAX_SECONDS)


def parse_mssfix(arguments: Arguments) -> tuple[int | None, object]:
    """`mssfix [SIZE] [mtu|fixed]`; 0 switches it off."""
    if not arguments:
        return 1492, "mtu"
    size = integer(arguments[0], 0, MAX_PORT)
    if size and size < 28:
        raise ValueError(f'must be 0 or at least 28, not "{size}"')
    return size or None, choice("mtu", "fixed")(arguments[1:]) if len(arguments) > 1 else None


def parse_fragment(arguments: Arguments) -> tuple[int, object]:
    """`fragment SIZE [mtu]`; 0 switches it off."""
    size = integer(arguments[0], 0, MAX_PORT)
    if size and size < MIN_FRAGMENT:
        raise ValueError(f'must be 0 or at least {MIN_FRAGMENT}, not "{size}"')
    return size, choice("mtu")(arguments[1:]) if len(arguments) > 1 else None


def parse_dev_type(arguments: Arguments) -> DevType:
    """`dev-type tun|tap|null`."""
    return DevType(choice("tun", "tap", "null")(arguments))


def parse_dev(arguments: Arguments) -> str:
    """`dev NAME`: what the kernel takes as an interface name."""
    name = arguments[0]
    if not re.fullmatch(r"[^\s/:]{1,15}", name) or name in (".", ".."):
        raise ValueError(f'"{name}" is not a device name (at most 15 characters)')
    return name


def parse_topology(arguments: Arguments) -> Topology:
    """`topology net30|p2p|subnet`."""
    return Topology(choice("net30", "p2p", "subnet")(arguments))


def parse_ifconfig(arguments: Arguments) -> tuple[str, str]:
    """`ifconfig LOCAL REMOTE|NETMASK`."""
    return ipv4(arguments[0]), ipv4(arguments[1])


def parse_ifconfig_ipv6(arguments: Arguments) -> tuple[str, str]:
    """`ifconfig-ipv6 ADDRESS/BITS [REMOTE]`."""
    if "/" not in arguments[0]:
        raise ValueError(f'"{arguments[0]}" needs a prefix length')
    return ipv6_prefix(arguments[0]), ipv6(arguments[1]) if len(arguments) > 1 else "::"


def parse_lladdr(arguments: Arguments) -> str:
    """A MAC address."""
    if not re.fullmatch(r"([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", arguments[0]):
        raise ValueError(f'"{arguments[0]}" is not a MAC address')
    return arguments[0].lower()


def _route_target(word: str) -> str:
    return word if word in ROUTE_KEYWORDS else host(word)


def _metric(word: str) -> int | None:
    return None if word == "default" else integer(word, 0, MAX_METRIC, "metric")


def parse_route(arguments: Arguments) -> Route:
    """`route NETWORK [NETMASK] [GATEWAY] [METRIC]`, `default` standing for what is left out."""
    network, mask, gateway, metric = (*arguments, *("default",) * (4 - len(arguments)))
    return Route(
        _route_target(network),
        "255.255.255.255" if mask == "default" else netmask(mask),
        None if gateway == "default" else _route_target(gateway),
        _metric(metric),
    )


def parse_route_ipv6(arguments: Arguments) -> Route6:
    """`route-ipv6 PREFIX/BITS [GATEWAY] [METRIC]`."""
    network, gateway, metric = (*arguments, *("default",) * (3 - len(arguments)))
    return Route6(
        ipv6_prefix(network), None if gateway == "default" else ipv6(gateway), _metric(metric)
    )


def parse_route_gateway(arguments: Arguments) -> str:
    """`route-gateway ADDRESS|dhcp`."""
    return "dhcp" if arguments[0] == "dhcp" else host(arguments[0])


def parse_redirect_gateway(arguments: Arguments) -> frozenset[str]:
    """`redirect-gateway [FLAG ...]`."""
    for word in arguments:
        if word not in REDIRECT_FLAGS:
            raise ValueError(f'unknown flag "{word}", known: {", ".join(sorted(REDIRECT_FLAGS))}')
    return frozenset(arguments)


def parse_redirect_private(arguments: Arguments) -> frozenset[str]:
    """`redirect-private [FLAG ...]`: the same without the default routes themselves."""
    return parse_redirect_gateway(arguments) | {PRIVATE}


def parse_route_delay(arguments: Arguments) -> tuple[int, int]:
    """`route-delay [SECONDS] [WINDOW]`."""
    return numbers((0, 30))(arguments or ("0",))


def parse_ipv6(arguments: Arguments) -> str:
    """One IPv6 address."""
    return ipv6(arguments[0])


def parse_pool(arguments: Arguments) -> Pool:
    """`ifconfig-pool START END [NETMASK]`."""
    start, end = ipv4(arguments[0]), ipv4(arguments[1])
    if ipaddress.IPv4Address(start) > ipaddress.IPv4Address(end):
        raise ValueError(f"start {start} is after end {end}")
    return Pool(start, end, netmask(arguments[2]) if len(arguments) > 2 else None)


def parse_pull_filter(arguments: Arguments) -> PullFilter:
    """`pull-filter accept|ignore|reject TEXT`."""
    return PullFilter(choice("accept", "ignore", "reject")(arguments[:1]), arguments[1])


def parse_static_challenge(arguments: Arguments) -> StaticChallenge:
    """`static-challenge TEXT ECHO [scrv1|concat]`."""
    form = choice("scrv1", "concat")(arguments[2:] or ("scrv1",))
    echo = choice("0", "1")(arguments[1:2])
    return StaticChallenge(arguments[0], echo == "1", form == "concat")


def parse_verify_x509_name(arguments: Arguments) -> tuple[str, str]:
    """`verify-x509-name NAME [subject|name|name-prefix]`."""
    kind = arguments[1:] or ("subject",)
    return arguments[0], choice("subject", "name", "name-prefix")(kind)


def parse_tls_version(arguments: Arguments) -> str:
    """`tls-version-min`, `tls-version-max`."""
    if len(arguments) > 1 and arguments[1] != "or-highest":
        raise ValueError(f'second argument must be or-highest, not "{arguments[1]}"')
    return choice("1.0", "1.1", "1.2", "1.3")(arguments[:1])


def parse_protocol_flags(arguments: Arguments) -> frozenset[str]:
    """`protocol-flags FLAG ...`: what this program never announced can't be meant for it."""
    for word in arguments:
        if word not in ("cc-exit", "tls-ekm", "dyn-tls-crypt", "aead-epoch"):
            raise ValueError(f'the flag "{word}" is not supported')
    return frozenset(arguments)


def parse_secret(arguments: Arguments) -> Secret:
    """One word that must not be printed."""
    return Secret(arguments[0].encode())


def parse_reneg_sec(arguments: Arguments) -> tuple[int, int | None]:
    """`reneg-sec SECONDS [MIN]`."""
    seconds = integer(arguments[0], 0, MAX_SECONDS)
    least = integer(arguments[1], 0, MAX_SECONDS) if len(arguments) > 1 else None
    if least is not None and least > seconds:
        raise ValueError(f"the lower bound {least} is above {seconds}")
    return seconds, least


def parse_dev_node(arguments: Arguments) -> str:
    """`dev-node PATH`."""
    if arguments[0].startswith("unix:"):
        raise ValueError("a program behind a socket is not supported, only a device")
    return arguments[0]


def parse_max_packet_size(arguments: Arguments) -> int:
    """`max-packet-size N`."""
    return integer(arguments[0], 154, 2048)
