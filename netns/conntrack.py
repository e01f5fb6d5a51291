"""The table of flows that a NAT or a stateful firewall remembers, and how to make it forget.

A router that has forgotten gives the same flow another port outside, as after a restart.
"""

from __future__ import annotations

from pyroute2 import Conntrack


def forget_all() -> None:
    """Forget every flow of the network namespace that this thread is in."""
    with Conntrack() as table:
        table.flush()


def count() -> int:
    """How many flows are remembered: to be asked for them makes the kernel drop the expired."""
    with Conntrack() as table:
        return sum(1 for _flow in table.dump())
