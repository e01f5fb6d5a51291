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


def closed(verdict: Verdict) -> Callable[[Lab], None]:
    """Nothing is open any more, and flows that were let in are forgotten."""

    def inject(lab: Lab) -> None:
        name = firewall_of(lab)
        node = lab.topology.node(name)
        assert node.firewall is not None
        shut = replace(node, firewall=replace(node.firewall, open=()))
        (firewall,) = rules_of(shut, lab.topology)
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


FAULTS = (
    Fault(
        "firewall-drop",
        "the firewall drops what comes to the VPN's port",
        inject=closed(Verdict.DROP),
        heal=as_planned,
    ),
    Fault(
        "firewall-reject",
        "the firewall refuses what comes to the VPN's port, with an ICMP error",
        inject=closed(Verdict.REJECT),
        heal=as_planned,
    ),
    Fault(
        "mtu-black-hole",
        f"a router on the way drops packets of more than {SMALL} bytes and tells nobody",
        inject=in_front(Rule("too-large", Verdict.DROP, longer_than=SMALL)),
        heal=as_planned,
    ),
)
