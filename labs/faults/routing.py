"""Faults behind a tunnel that stands: routes, prefixes, forwarding, rules for what it carries."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.build import Firewall, Rule, Verdict
from labs.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from labs.lab import Lab

BOTH = ("client", "server")
FORWARD = "net.ipv4.ip_forward"
TUN = "tun0"


def no_way_back(lab: Lab) -> None:
    """The node that the client asks knows no way out of its own network."""
    lab["files"].remove_route("default")


def way_back(lab: Lab) -> None:
    """Its gateway is the topology's again."""
    gateway = lab.topology.node("files").gateway
    assert gateway is not None
    lab["files"].add_route("default", via=gateway)


def forwarding(value: int) -> Callable[[Lab], None]:
    """The server sends on what is not for itself, or does not."""

    def inject(lab: Lab) -> None:
        lab["server"].set_sysctl(FORWARD, value)

    return inject


def ruled(*rules: Rule) -> Callable[[Lab], None]:
    """The server has a firewall with these rules."""

    def inject(lab: Lab) -> None:
        lab["server"].apply(Firewall(rules=rules))

    return inject


def without_rules(lab: Lab) -> None:
    """It has none again."""
    lab["server"].remove(Firewall())


def tunnel_is_up(lab: Lab) -> bool:
    """Does the tunnel stand, so that packets can go wrong in it?"""
    return lab.status().is_up


FAULTS = (
    Fault(
        "missing-return-route",
        "the target has no route to the clients' network: it can't answer",
        inject=no_way_back,
        heal=way_back,
        restarts=(),
    ),
    Fault(
        "missing-pushed-route",
        "the server does not push the route to the network behind it",
        sets=("server:-push",),
        restarts=BOTH,
        shows=tunnel_is_up,
    ),
    Fault(
        "overlapping-lans",
        "the server pushes a route to a network with the prefix of the client's own LAN",
        sets=("server:push=route 192.168.0.0 255.255.255.0",),
        restarts=BOTH,
        shows=tunnel_is_up,
        topology="overlapping",
        way=("client", "printer"),
    ),
    Fault(
        "missing-iroute",
        "the server's kernel routes the branch LAN into the tunnel, the VPN knows no client for it",
        sets=("server:-client-config-dir",),
        restarts=BOTH,
        shows=tunnel_is_up,
        topology="site-to-site",
        way=("files", "branch-pc"),
    ),
    Fault(
        "forwarding-off",
        "the server's kernel does not forward between the tunnel and its LAN",
        inject=forwarding(0),
        heal=forwarding(1),
        restarts=(),
    ),
    Fault(
        "inner-firewall",
        "a rule on the server drops what comes out of the tunnel",
        inject=ruled(Rule("no-clients", Verdict.DROP, arriving=TUN)),
        heal=without_rules,
        restarts=(),
    ),
    Fault(
        "no-client-to-client",
        "the server has no client-to-client, and a rule there takes what would go back to the tun",
        inject=ruled(Rule("no-way-back-in", Verdict.DROP, arriving=TUN, leaving=TUN)),
        heal=without_rules,
        restarts=(),
        topology="two-clients",
        way=("client-a", "client-b"),
    ),
)
