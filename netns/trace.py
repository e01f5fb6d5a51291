"""Follows packets through the rules of a node: every rule that one meets, by name.

    with router.watch_rules("meta l4proto icmp") as watch:
        client.run(["ping", "-c1", "203.0.113.2"])
    for step in watch.steps():
        print(step.packet, step.table, step.chain, step.rule, step.verdict)

The kernel tells (nftables trace events), `nft monitor trace` prints, this reads.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from netns import nft
from netns.wait import wait_for

if TYPE_CHECKING:
    from netns.node import Node
    from netns.process import Process

TABLE = "inet trace"
PROCESS = "rule-watch"
START_SECONDS = 10.0
SETTLE_SECONDS = 5.0

# /proc/net/netlink: the column of the protocol and of the groups; NFNLGRP_NFTRACE is group 9.
NETFILTER = "12"
TRACE_GROUP = 1 << 8

LINE = re.compile(
    r"^trace id (?P<id>\w+) (?P<table>\w+ \S+) (?P<chain>\S+) "
    r"(?:packet: (?P<packet>.*)|rule (?P<rule>.*) \(verdict (?P<verdict>[^)]*)\)|"
    r"policy (?P<policy>\w+)|unknown rule .*)"
)
COMMENT = re.compile(r'comment "([^"]*)"')
POLICY = "policy"
BEHIND_ALL = "110"  # source NAT, the last of the usual priorities, is 100


@dataclass(frozen=True, slots=True)
class Trace:
    """The table that marks packets so that the kernel tells of every rule they meet."""

    match: str = ""  # in nft's words: "meta l4proto icmp"

    @property
    def table(self) -> str:
        return TABLE

    def script(self) -> str:
        """Write the nft script that marks the packets, before any other rule sees them.

        At the later hooks nothing is done behind all other rules: that a packet came there is told.
        """
        rule = nft.named("traced", self.match, "meta nftrace set 1")
        chains = [
            nft.chain(hook, f"type filter hook {hook} priority {priority}", rules)
            for hook, priority, rules in (
                ("prerouting", "raw - 10", [rule]),
                ("output", "raw - 10", [rule]),
                ("input", BEHIND_ALL, []),
                ("forward", BEHIND_ALL, []),
                ("postrouting", BEHIND_ALL, []),
            )
        ]
        return nft.table(TABLE, ["traced"], "".join(chains))


@dataclass(frozen=True, slots=True)
class Step:
    """One packet meeting one rule (or the last word of a chain: its policy)."""

    packet: str  # the kernel's number for the packet in this node
    table: str
    chain: str
    rule: str  # its name, else its text; "policy" for the chain's last word
    verdict: str
    headers: str  # the packet as it was then, in nft's words


@dataclass(frozen=True, slots=True)
class Passage:
    """One packet at one hook of a node; at input, forward and postrouting behind all rules."""

    packet: str
    hook: str
    headers: str


def passages(text: str) -> list[Passage]:
    """Read from what `nft monitor trace` printed where each packet came by."""
    found = []
    for line in text.splitlines():
        match = LINE.match(line)
        if match is not None and match["table"] == TABLE and match["packet"] is not None:
            found.append(Passage(match["id"], match["chain"], match["packet"].strip()))
    return found


def steps(text: str) -> list[Step]:
    """Read what `nft monitor trace` printed, without the rule that does the marking."""
    found: list[Step] = []
    headers: dict[str, str] = {}
    for line in text.splitlines():
        match = LINE.match(line)
        if match is None or match["table"] == TABLE:
            continue
        if match["packet"] is not None:
            headers[match["id"]] = match["packet"].strip()
            continue
        named = COMMENT.search(match["rule"] or "")
        rule = named[1] if named else match["rule"] or POLICY
        verdict = match["verdict"] or match["policy"] or ""
        about = headers.get(match["id"], "")
        found.append(Step(match["id"], match["table"], match["chain"], rule, verdict, about))
    return found


class RuleWatch:
    """Packets being followed in one node."""

    def __init__(self, node: Node, trace: Trace, process: Process) -> None:
        self._node = node
        self._trace = trace
        self._process = process

    def steps(self) -> list[Step]:
        """Everything that was met so far."""
        return steps(self._process.log_text())

    def passages(self) -> list[Passage]:
        """Where the packets came by so far."""
        return passages(self._process.log_text())

    def wait_steps(self, rule: str, seconds: float = SETTLE_SECONDS) -> list[Step]:
        """Wait until a packet has met the rule of this name; return all steps up to now."""
        what = f"{self._node.name}: a packet to meet the rule {rule}"
        wait_for(lambda: any(step.rule == rule for step in self.steps()), seconds, what)
        return self.steps()

    def stop(self) -> None:
        """Stop following."""
        self._node.remove(self._trace)
        self._process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def watch(node: Node, match: str) -> RuleWatch:
    """Start following the packets that match; returns once none can be missed."""
    trace = Trace(match)
    # A line at a time: what has been printed can be read at once.
    process = node.start(PROCESS, ["stdbuf", "-oL", "nft", "monitor", "trace"])
    wait_for(lambda: _is_subscribed(node), START_SECONDS, f"{node.name}: nft to listen")
    node.apply(trace)
    return RuleWatch(node, trace, process)


def _is_subscribed(node: Node) -> bool:
    """Does anyone in the node listen to trace events?"""
    fields = (line.split() for line in node.net_table("netlink").splitlines()[1:])
    return any(field[1] == NETFILTER and int(field[3], 16) & TRACE_GROUP for field in fields)
