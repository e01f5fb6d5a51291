"""A ping through the tunnel, followed through every node: by which link it came, by which it left.

The kernel of each node tells of every hook of its firewall at which the ping or its answer came
by, and which rule took it; so the node is known where it ended, and how far it came there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING

from labs.build import DeadlinePassed, wait_for

if TYPE_CHECKING:
    from labs.build import Passage, RuleWatch, Step
    from labs.lab import Lab

REQUEST, REPLY = "echo-request", "echo-reply"
FIRST_MARK = 40_000  # of the pings that are followed; chance gives ping's own ones
MARKS = count(FIRST_MARK)
TOLD_SECONDS = 1.0

ARRIVED_BY = re.compile(r'\biif "([^"]+)"')
LEFT_BY = re.compile(r'\boif "([^"]+)"')
KIND = re.compile(r"\bicmp type (\S+)")
ADDRESSES = re.compile(r"\bip saddr (\S+) ip daddr (\S+)")
AGAINST = ("drop", "reject")


@dataclass(frozen=True, slots=True)
class Stay:
    """One packet in one node: the links by which it came and left, the hooks at which it was."""

    node: str
    came: str  # empty: it was made there
    left: str  # empty: it ended there
    hooks: frozenset[str]
    source: str
    destination: str
    taken_by: Step | None = None

    @property
    def is_delivered(self) -> bool:
        return "input" in self.hooks and self.taken_by is None

    def __str__(self) -> str:
        words = (f"({self.came})" if self.came else "", self.node)
        return " ".join(filter(None, (*words, f"({self.left})" if self.left else "")))


@dataclass(frozen=True, slots=True)
class Journey:
    """The stays of a ping, or of its answer, from node to node."""

    stays: tuple[Stay, ...] = ()

    @property
    def last(self) -> Stay:
        return self.stays[-1]

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(stay.node for stay in self.stays)

    @property
    def is_whole(self) -> bool:
        return bool(self.stays) and self.last.is_delivered

    def __str__(self) -> str:
        return " -> ".join(map(str, self.stays))


@dataclass(frozen=True, slots=True)
class Ping:
    """What became of a ping from a node to an address."""

    source: str
    address: str
    request: Journey
    reply: Journey
    words: str  # what the program said

    @property
    def is_answered(self) -> bool:
        return self.reply.is_whole

    @property
    def lost(self) -> Journey:
        """The one of the two that did not get to its end."""
        return self.reply if self.request.is_whole else self.request

    @property
    def what(self) -> str:
        return "the answer" if self.request.is_whole else "the packet"

    @property
    def holder(self) -> str:
        """The node where it ended."""
        if self.lost.stays:
            return self.lost.last.node
        return self.request.last.node if self.request.stays else self.source

    @property
    def towards(self) -> str:
        """The address for which the lost one was."""
        if not self.request.is_whole:
            return self.address
        return self.request.last.source

    def __str__(self) -> str:
        text = f"there: {self.request if self.request.stays else self.source}"
        return f"{text}; back: {self.reply}" if self.reply.stays else text


def follow(lab: Lab, source: str, address: str, *, size: int = 56) -> Ping:
    """Send a ping and follow it."""
    mark = next(MARKS)
    argv = ["ping", "-n", "-c", "1", "-W", "1", "-e", str(mark), "-s", str(size), address]
    with _watching(lab, f"icmp id {mark}") as watches:
        said = lab.run(source, argv, check=False)
        words = f"{said.stdout}{said.stderr}".strip()

        def told() -> bool:
            """What is told comes a moment after it happened, from some nodes later than others."""
            return _seen(lab, watches, source, address, words).is_answered

        with suppress(DeadlinePassed):
            wait_for(told, 0 if said.returncode else TOLD_SECONDS, "the nodes to tell of a ping")
        return _seen(lab, watches, source, address, words)


def _seen(lab: Lab, watches: dict[str, RuleWatch], source: str, address: str, words: str) -> Ping:
    stays = [stay for name, watch in watches.items() for stay in _stays(name, watch)]
    request = _journey(lab, stays, source, REQUEST)
    reply = _journey(lab, stays, request.last.node, REPLY) if request.is_whole else Journey()
    return Ping(source, address, request, reply, words)


@contextmanager
def _watching(lab: Lab, match: str) -> Iterator[dict[str, RuleWatch]]:
    with ThreadPoolExecutor(len(lab.nodes)) as pool:
        started = {name: pool.submit(node.watch_rules, match) for name, node in lab.nodes.items()}
        watches = {name: one.result() for name, one in started.items()}
        try:
            yield watches
        finally:
            list(pool.map(lambda watch: watch.stop(), watches.values()))


def _stays(node: str, watch: RuleWatch) -> Iterator[tuple[str, Stay]]:
    """(request or reply, stay) for each packet that a node told of."""
    taken = {
        step.packet: step for step in watch.steps() if any(word in step.verdict for word in AGAINST)
    }
    by_packet: dict[str, list[Passage]] = {}
    for passage in watch.passages():
        by_packet.setdefault(passage.packet, []).append(passage)
    for packet, passages in by_packet.items():
        yield _stay(node, passages, taken.get(packet))


def _stay(node: str, passages: list[Passage], step: Step | None) -> tuple[str, Stay]:
    first, last = passages[0].headers, passages[-1]
    kind, ends = KIND.search(first), ADDRESSES.search(first)
    came, left = ARRIVED_BY.search(first), LEFT_BY.search(last.headers)
    if last.hook != "postrouting" or step is not None:
        left = None
    stay = Stay(
        node,
        came[1] if came else "",
        left[1] if left else "",
        frozenset(one.hook for one in passages),
        ends[1] if ends else "",
        ends[2] if ends else "",
        step,
    )
    return (kind[1] if kind else "", stay)


def _journey(lab: Lab, stays: list[tuple[str, Stay]], start: str, kind: str) -> Journey:
    """Put the stays of one direction in order, each at the other end of the link of the last."""
    left = [stay for what, stay in stays if what == kind]
    found = [stay for stay in left if stay.node == start and not stay.came][:1]
    while found and found[-1].left:
        here = found[-1]
        left = [stay for stay in left if stay not in found and stay.came]
        onward = next((stay for stay in left if _are_joined(lab, here, stay)), None)
        if onward is None:
            break
        found.append(onward)
    return Journey(tuple(found))


def _are_joined(lab: Lab, here: Stay, there: Stay) -> bool:
    """Does the link by which a packet left one node lead to that by which it came to another?"""
    cables = (cable_of(lab, here.node, here.left), cable_of(lab, there.node, there.came))
    if None not in cables:
        return cables[0] == cables[1]
    # A tunnel's end; behind a tap there may be a bridge, which no hook sees.
    is_bridged = any(node.bridge is not None for node in lab.topology.nodes)
    return here.node != there.node and (is_bridged or cables == (None, None))


def cable_of(lab: Lab, node: str, dev: str) -> str | None:
    """The segment to which a link leads; None for the tunnel's."""
    bridge = lab.topology.node(node).bridge
    if bridge is not None and dev == bridge.dev:
        return bridge.segment
    ports = lab.topology.ports(node)
    return next((port.segment for port in ports if port.dev == dev), None)
