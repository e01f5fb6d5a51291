"""Faults of the networks between the two ends: firewalls, ports, addresses, sizes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from labs.build import Firewall, Rule, Verdict, restore, rules_of
from labs.errors import LabError
from labs.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from labs.lab import Lab

SMALL = 1000  # a path that lets through no larger packet breaks the server's part of a handshake


def firewall_of(lab: Lab) -> str:
    """The node that has a firewall; a lab without one has no such fault."""
    for node in lab.topology.nodes:
        if node.firewall is not None:
            return node.name
    raise LabError(f"topology {lab.topology.name} has no firewall")


def opened(openings: tuple[str, ...], verdict: Verdict) -> Callable[[Lab], None]:
    """Only these protocols are let in any more; flows that were let in are forgotten."""

    def inject(lab: Lab) -> None:
        name = firewall_of(lab)
        node = lab.topology.node(name)
        assert node.firewall is not None
        left = tuple(one for one in node.firewall.open if one.proto in openings)
        changed = replace(node, firewall=replace(node.firewall, open=left))
        (firewall,) = rules_of(changed, lab.topology)
        assert isinstance(firewall, Firewall)
        lab[name].apply(replace(firewall, forward=verdict))
        lab[name].forget_flows()

    return inject


def in_front(*rules: Rule) -> Callable[[Lab], None]:
    """Rules that stand before the firewall's own, so that flows under way meet them too."""

    def inject(lab: Lab) -> None:
        name = firewall_of(lab)
        (firewall,) = rules_of(lab.topology.node(name), lab.topology)
        assert isinstance(firewall, Firewall)
        lab[name].apply(replace(firewall, rules=(*rules, *firewall.rules)))

    return inject


def as_planned(lab: Lab) -> None:
    """The firewall is the topology's again."""
    restore(lab[firewall_of(lab)], lab.topology)


def stop_server(lab: Lab) -> None:
    """End the VPN on the server."""
    lab.server.stop()


def start_server(lab: Lab) -> None:
    """Have it run again."""
    lab.server.start()


FAULTS = (
    Fault(
        "firewall-drop",
        "the firewall drops what comes to the VPN's port",
        inject=opened((), Verdict.DROP),
        heal=as_planned,
    ),
    Fault(
        "firewall-reject",
        "the firewall refuses what comes to the VPN's port, with an ICMP error",
        inject=opened((), Verdict.REJECT),
        heal=as_planned,
    ),
    Fault(
        "mtu-black-hole",
        f"a router on the way drops packets of more than {SMALL} bytes and tells nobody",
        inject=in_front(Rule("too-large", Verdict.DROP, longer_than=SMALL)),
        heal=as_planned,
    ),
    Fault(
        "large-packets-lost",
        f"the tunnel stands when a router begins to drop its packets of more than {SMALL} bytes",
        inject=in_front(Rule("too-large", Verdict.DROP, longer_than=SMALL)),
        heal=as_planned,
        restarts=(),
    ),
    Fault(
        "tcp-only",
        "the firewall lets in TCP only, and drops what comes over UDP",
        inject=opened(("tcp",), Verdict.DROP),
        heal=as_planned,
    ),
    Fault(
        "one-way-block",
        "the firewall lets the client's packets in, and drops what the server answers",
        inject=in_front(Rule("no-answers", Verdict.DROP, source_port=1194)),
        heal=as_planned,
    ),
    Fault(
        "nat-private-address",
        "the client's file names the address that the server has in its own network",
        sets=("client:-remote", "client:remote=10.20.0.1 1194"),
    ),
    Fault(
        "wrong-port",
        "the client's file names another port than the one at which the server listens",
        sets=("client:-remote", "client:remote=198.51.100.10 1195"),
    ),
    Fault("wrong-proto", "the client speaks TCP, the server UDP", sets=("client:proto=tcp",)),
    Fault(
        "server-down",
        "no VPN runs on the server",
        inject=stop_server,
        heal=start_server,
    ),
)
