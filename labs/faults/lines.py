"""Faults of lines and of those that choose between them: balancers, routes, NATs that forget."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labs.build import rebalance, restore, rules_of
from labs.faults.fault import Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from labs.lab import Lab

TWO_SERVERS = "two-servers"
LINE_A, LINE_B = "198.51.100.9", "198.51.100.11"  # the firewalls as the balancer sees them
TIMEOUTS = (
    "net.netfilter.nf_conntrack_udp_timeout",
    "net.netfilter.nf_conntrack_udp_timeout_stream",
)


def balanced(**changes: Any) -> Callable[[Lab], None]:
    """The balancer chooses a server in another way from the next packet on."""

    def inject(lab: Lab) -> None:
        rebalance(lab["balancer"], lab.topology, **changes)

    return inject


def as_planned(lab: Lab) -> None:
    """The balancer is the topology's again."""
    restore(lab["balancer"], lab.topology)


def answers_by(line: str) -> Callable[[Lab], None]:
    """What leaves the servers takes this line."""

    def inject(lab: Lab) -> None:
        lab["balancer"].add_route("default", via=line)

    return inject


def line_a(*, is_up: bool) -> Callable[[Lab], None]:
    """Pull the cable of the line that all packets take, or put it back."""

    def inject(lab: Lab) -> None:
        dev = lab.topology.dev("firewall-a", "line-a")
        lab["firewall-a"].set_carrier(dev, up=is_up)

    return inject


def forgetful(lab: Lab) -> None:
    """The client's NAT forgets a flow after a second without a packet."""
    for name in TIMEOUTS:
        lab["nat"].set_sysctl(name, 1)


def remembering(lab: Lab) -> None:
    """It remembers as long as any other router does."""
    for name in TIMEOUTS:
        lab["nat"].set_sysctl(name, lab["firewall"].sysctl(name))


def forwarding(lab: Lab) -> None:
    """The NAT in front of the server is the topology's again."""
    restore(lab["gate"], lab.topology, lab.settings.speed)


def not_forwarding(lab: Lab) -> None:
    """The NAT in front of the server forwards no port, and has forgotten who came by one."""
    node = lab.topology.node("gate")
    assert node.nat is not None
    closed = replace(node, nat=replace(node.nat, forwards=()))
    for rules in rules_of(closed, lab.topology, lab.settings.speed):
        lab["gate"].apply(rules)
    lab["gate"].forget_flows()


def forgotten(lab: Lab) -> bool:
    """Is the tunnel up, and the NAT without a flow?"""
    return lab.client.state == "up" and not lab["nat"].count_flows()


FAULTS = (
    Fault(
        "balancer-spread",
        "the load balancer sends the packets of one flow to two servers in turn",
        inject=balanced(mode="per-packet"),
        heal=as_planned,
        topology=TWO_SERVERS,
    ),
    Fault(
        "balancer-flip",
        "the load balancer moves a flow to the second server in mid-handshake",
        inject=balanced(flip_after=1),
        heal=as_planned,
        topology=TWO_SERVERS,
    ),
    Fault(
        "asymmetric-route",
        "answers leave by the second line, whose firewall has not seen the flow begin",
        inject=answers_by(LINE_B),
        heal=answers_by(LINE_A),
        topology=TWO_SERVERS,
    ),
    Fault(
        "line-down",
        "the line to the server is cut, and all routes still lead there",
        inject=line_a(is_up=False),
        heal=line_a(is_up=True),
        topology=TWO_SERVERS,
    ),
    Fault(
        "nat-timeout",
        "the client's NAT forgets a silent flow within a second, and there is no keepalive",
        sets=("server:-keepalive",),
        inject=forgetful,
        heal=remembering,
        restarts=("client", "server"),
        shows=forgotten,
    ),
    Fault(
        "port-not-forwarded",
        "the NAT in front of the server forwards no port to it",
        inject=not_forwarding,
        heal=forwarding,
        topology="server-behind-nat",
    ),
)
