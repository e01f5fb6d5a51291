"""The text of --help: every supported directive with its arguments, by group, from the table."""

from __future__ import annotations

from vpn.config.field import Scope, specs_of
from vpn.config.options import GROUPS

TITLES = {
    "link": "Link (the outer side)",
    "tun": "Tun (the inner side)",
    "tls": "TLS control channel",
    "data": "Data channel",
    "server": "Server",
    "client": "Client",
    "log": "Log",
    "process": "Process",
}
FIRST = """\
usage: vpn CONFIG
       vpn --DIRECTIVE [ARGUMENT ...] ...

An OpenVPN in Python, client and server. A configuration file and the command line take the same
directives, with a leading -- here and without one there.

General
  --config FILE                      read directives from a file
  --genkey [KIND] [FILE]
                                     a new static key for --tls-auth or --tls-crypt
  --show-ciphers, --show-digests     what --data-ciphers and --auth take
  --show-tls, --show-groups          what --tls-cipher, --tls-ciphersuites and --tls-groups take
  --test-crypto                      seal and open packets with every cipher
  --help                             this text
  --version                          the version
Helpers
  --client                           pull + tls-client
  --server NETWORK NETMASK           a server with a pool of addresses
  --server-bridge [GATEWAY NETMASK START END]
  --keepalive INTERVAL TIMEOUT       ping and ping-restart, for both ends"""
SHOWN_ABOVE = frozenset({"server", "server-bridge"})


def text() -> str:
    """All of it."""
    parts = [FIRST]
    for group, title in TITLES.items():
        lines = [
            f"  --{spec.name} {spec.usage}".rstrip()
            for spec in specs_of(group, GROUPS[group])
            if spec.scope & Scope.COMMAND_LINE and spec.name not in SHOWN_ABOVE
        ]
        parts.append("\n".join([title, *lines]))
    return "\n".join(parts)
