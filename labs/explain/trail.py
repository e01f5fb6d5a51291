"""One packet's way over the cables, read from what was seen: how far it came, whose turn it was."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labs.build import Step
    from labs.explain.path import Probe
    from labs.explain.watch import Sight

LENGTH = re.compile(r"\bip length (\d+)")
VERDICTS_AGAINST = ("drop", "reject")


@dataclass(frozen=True, slots=True)
class Trail:
    """The sights of one packet, in the order of time."""

    sights: tuple[Sight, ...]

    def __bool__(self) -> bool:
        return bool(self.sights)

    @property
    def last(self) -> Sight:
        return self.sights[-1]

    @property
    def holder(self) -> str:
        """The node that had the packet last: nobody has seen it after that."""
        return self.last.next

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes it went through, with the one that has it now."""
        return (*(sight.sender for sight in self.sights), self.holder)

    def __str__(self) -> str:
        return " -> ".join(self.nodes)


def of(sights: Iterable[Sight]) -> Trail:
    """Bring the sights of one packet in order."""
    return Trail(tuple(sorted(sights, key=lambda sight: sight.time)))


def outgoing(asked: Probe) -> Trail:
    """The client's first words. UDP: the same content, whatever a NAT does to its head."""
    return of(sight for sight in asked.watch.sights if _is_first_word(asked, sight))


def _is_first_word(asked: Probe, sight: Sight) -> bool:
    from scapy.layers.inet import TCP

    if asked.proto == "udp":
        return bool(asked.sent) and content(sight) == asked.sent[0]
    return TCP in sight.packet and sight.packet[TCP].flags == "S" and _is_towards(sight, asked)


def _is_towards(sight: Sight, asked: Probe) -> bool:
    from scapy.layers.inet import TCP

    return bool(sight.packet[TCP].dport == asked.port)


def answer(asked: Probe, first: Trail) -> Trail:
    """What went back to where the first words seemed to come from, at their last stop."""
    from scapy.layers.inet import IP, TCP, UDP

    if not first or IP not in first.last.packet:
        return of(())
    seen = first.last.packet
    layer = UDP if asked.proto == "udp" else TCP
    back = [
        sight
        for sight in asked.watch.sights
        if layer in sight.packet
        and sight.time > first.last.time
        and sight.packet[IP].dst == seen[IP].src
        and sight.packet[layer].dport == seen[layer].sport
        and (layer is UDP or sight.packet[TCP].flags != "S")
    ]
    if not back:
        return of(())
    begin = back[0]
    return of(
        sight
        for sight in asked.watch.sights
        if layer in sight.packet and sight.time >= begin.time and _is_same(layer, begin, sight)
    )


def _is_same(layer: type, one: Sight, other: Sight) -> bool:
    from scapy.layers.inet import TCP

    if layer is TCP:
        a, b = one.packet[TCP], other.packet[TCP]
        return (a.seq, a.ack, a.flags) == (b.seq, b.ack, b.flags)
    return content(one) == content(other)


def content(sight: Sight) -> bytes:
    """What a UDP datagram carries; nothing if it is none."""
    from scapy.layers.inet import UDP

    return bytes(sight.packet[UDP].payload) if UDP in sight.packet else b""


def taken(steps: Iterable[Step], port: int) -> Step | None:
    """The rule that dropped or refused what went to this port or came from it."""
    for step in steps:
        is_against = any(word in step.verdict for word in VERDICTS_AGAINST)
        if is_against and f"port {port} " in f"{step.headers} ":
            return step
    return None


def refusals(asked: Probe) -> list[Sight]:
    """ICMP errors and TCP resets about what was asked, as their sender put them on a cable."""
    return [sight for sight in asked.watch.sights if _refuses(sight, asked)]


def _refuses(sight: Sight, asked: Probe) -> bool:
    from scapy.layers.inet import TCP, TCPerror, UDPerror

    packet = sight.packet
    if TCP in packet and packet[TCP].sport == asked.port:
        return "R" in str(packet[TCP].flags)
    return any(
        quoted in packet and packet[quoted].dport == asked.port for quoted in (UDPerror, TCPerror)
    )


def size(step: Step) -> int | None:
    """How large the packet was that met a rule, in bytes of IP."""
    found = LENGTH.search(step.headers)
    return int(found[1]) if found else None
