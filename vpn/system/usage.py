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
    "access": "Server: who may come in",
    "client": "Client",
    "scripts": "Scripts",
    "management": "Management interface",
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
  --genkey [KIND] [FILE]             a new key: secret (also for --tls-auth and --tls-crypt),
                                     tls-crypt-v2-server, tls-crypt-v2-client, auth-token
  --show-ciphers, --show-digests     what --data-ciphers and --auth take
  --show-tls, --show-groups          what --tls-cipher, --tls-ciphersuites and --tls-groups take
  --test-crypto                      seal and open packets with every cipher
  --help                             this text
  --version                          the version
Helpers
  --client                           pull + tls-client
  --server NETWORK NETMASK           a server with a pool of addresses
  --server-ipv6 PREFIX/BITS          the same for IPv6
  --server-bridge [GATEWAY NETMASK START END]
  --keepalive INTERVAL TIMEOUT       ping and ping-restart, for both ends
  --port PORT                        lport and rport
  --ignore-unknown-option NAME ...   leave these out where they are not known"""
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
