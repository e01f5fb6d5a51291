"""The directives that are no fields: which are accepted without effect, which are refused, and why.

Together with the fields of options.py this is every name that the reference knows. A directive that
protects something is never in the first table unless the warning says what is lost.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class State(Enum):
    """What happens to a directive without a field."""

    HELPER = "helper"  # stands for others; expand.py
    REPLACED = "accepted as another"  # with a warning; expand.py says as which
    QUIET = "accepted"  # already so, or for other programs: nothing to say
    WARNING = "accepted with a warning"
    NOT_YET = "not supported yet"
    REFUSED = "refused"
    COMMAND = "command"  # alone on the command line; cli.py


class Verdict(NamedTuple):
    """What happens to a directive, and why."""

    state: State
    reason: str


PER_CLIENT = "is for one client: it stands in a file of client-config-dir"

_HELPERS = """
client server-ipv6 keepalive port setenv-safe connection config ignore-unknown-option
"""

_QUIET = {
    "echo": "for front ends",
    "parameter": "for front ends",
    "push-continuation": "the messages of one push are already joined",
    "up-delay": "the tun is opened when the other end is known, in any case",
    "disable-dco": "there is no kernel offload here",
    "tcp-nodelay": "always on",
    "socket-flags": "TCP_NODELAY is always on",
    "ping-timer-rem": "timers run only while there is a remote",
}

_WARNING = {
    # obsolete in the reference too
    "persist-key": "keys are always kept over a restart",
    "tun-ipv6": "IPv6 is always on",
    "tun-mtu-extra": "the tun needs no extra room",
    "link-mtu": "obsolete; the size comes from tun-mtu",
    "udp-mtu": "obsolete; the size comes from tun-mtu",
    "fast-io": "obsolete; reading is always fast",
    "key-method": "obsolete; key method 2 is always used",
    "keysize": "obsolete; the cipher's name says its size",
    "ncp-disable": "obsolete; ciphers are always negotiated",
    "comp-noadapt": "nothing that is sent is compressed",
    "max-routes": "obsolete; there is no limit",
    "prng": "obsolete; the kernel's random numbers are used",
    "use-prediction-resistance": "obsolete; the kernel's random numbers are used",
    "http-proxy-retry": "obsolete; a proxy that fails is always tried again",
    "socks-proxy-retry": "obsolete; a proxy that fails is always tried again",
    "opt-verify": "obsolete; options are never enforced",
    "disable-occ": "options strings are compared for the log only",
    # of use on other systems
    "allow-nonadmin": "Windows only",
    "block-outside-dns": "Windows only: name lookups outside the tunnel are NOT blocked",
    "dhcp-internal": "Windows only",
    "dhcp-pre-release": "Windows only",
    "dhcp-release": "Windows only",
    "dhcp-renew": "Windows only",
    "ip-win32": "Windows only",
    "msg-channel": "Windows only",
    "pause-exit": "Windows only",
    "rdns-internal": "Windows only",
    "register-dns": "Windows only",
    "route-method": "Windows only",
    "service": "Windows only",
    "tap-sleep": "Windows only",
    "win-sys": "Windows only",
    "windows-driver": "Windows only",
    # of no harm without
    "iproute": "no ip program is run",
    "allow-recursive-routing": "no such check is made",
    "mtu-test": "no test is made",
    "hash-size": "tables grow by themselves",
    "bcast-buffers": "queues are sized by the program",
    "allow-pull-fqdn": "names in pushed routes are always looked up",
    "keying-material-exporter": "only plugins in C are told of it",
    "http-proxy-timeout": "obsolete; see connect-timeout",
    "shaper": "the bandwidth is not limited; tc can do that",
}

_NOT_YET = {
    "client-nat": "an nft rule can translate what is in the tunnel",
    "http-proxy-override": "name the proxy with http-proxy, or use management-query-proxy",
    "ip-remote-hint": "write the address in remote",
    "mktun": "ip tuntap add dev NAME mode tun",
    "replay-persist": "after a restart, packets from before it could be replayed",
    "rmtun": "ip link delete NAME",
    "route-table": "a route-up script can add routes to another table",
    "show-gateway": "ip route show default",
}

_REFUSED = {
    "push-reset": PER_CLIENT,
    "push-remove": PER_CLIENT,
    "mtu-dynamic": "obsolete; see fragment",
    "no-replay": "replay protection can't be switched off; leave it out",
    "no-iv": "initialisation vectors can't be switched off; leave it out",
    "no-name-remapping": "obsolete; names are never remapped",
    "compat-names": "obsolete; see verify-x509-name",
    "tls-remote": "obsolete; use verify-x509-name",
    "client-cert-not-required": "obsolete; use verify-client-cert none",
    "ifconfig-pool-linear": "obsolete; use topology p2p",
    "memstats": "obsolete; status writes figures to a file",
    "engine": "OpenSSL engines are not supported; name the files with cert and key",
    "show-engines": "OpenSSL engines are not supported",
    "providers": "OpenSSL providers can't be chosen here; its own configuration file can",
    "plugin": "plugins in C can't be loaded; see auth-user-pass-verify and client-connect",
    "setcon": "SELinux contexts are not supported; a unit's SELinuxContext= sets one",
    "gremlin": "faults are the lab's work, not the program's",
    "cryptoapicert": "Windows only; name the files with cert and key",
    "management-external-key": "OpenSSL signs here with keys that it has itself: see key, pkcs12",
    "management-external-cert": "works with management-external-key alone: see cert, pkcs12",
    "show-adapters": "Windows only",
    "show-net": "Windows only",
    "show-net-up": "Windows only",
    "show-valid-subnets": "Windows only",
} | dict.fromkeys(
    [
        "pkcs11-providers",
        "pkcs11-id",
        "pkcs11-id-management",
        "pkcs11-pin-cache",
        "pkcs11-protected-authentication",
        "pkcs11-cert-private",
        "pkcs11-private-mode",
        "show-pkcs11-ids",
    ],
    "PKCS#11 tokens are not supported; name the files with cert and key, or pkcs12",
)

_COMMANDS = """
    help version genkey test-crypto show-ciphers show-digests show-tls show-curves show-groups"""

PUSHED = frozenset(
    [
        "echo",
        "parameter",
        "persist-key",
        "tun-ipv6",
        "socket-flags",
        "shaper",
        "ping-timer-rem",
        "client-nat",
        "push-continuation",
        "block-outside-dns",
        "register-dns",
    ]
)
"""What a server may push although it is no field: taken with the reason as a warning."""


VERDICTS: dict[str, Verdict] = (
    {name: Verdict(State.HELPER, "") for name in _HELPERS.split()}
    | {"ns-cert-type": Verdict(State.REPLACED, "obsolete; taken as remote-cert-tls")}
    | {name: Verdict(State.QUIET, reason) for name, reason in _QUIET.items()}
    | {name: Verdict(State.WARNING, reason) for name, reason in _WARNING.items()}
    | {
        name: Verdict(State.NOT_YET, f"not supported yet; {instead}")
        for name, instead in _NOT_YET.items()
    }
    | {name: Verdict(State.REFUSED, reason) for name, reason in _REFUSED.items()}
    | {
        name: Verdict(State.COMMAND, "is a command: it stands alone on the command line")
        for name in _COMMANDS.split()
    }
)
