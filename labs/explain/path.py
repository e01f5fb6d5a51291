"""The way between the two ends: the client's first words are said once more and followed.

From what was seen on the cables follows the last node that sent the packet on and the one that
should have been next; from that node's rules, which of them took it.
"""

from __future__ import annotations

import json
import re
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labs import ours
from labs.explain.diagnosis import Diagnosis, Kind
from labs.explain.watch import Sight, Watch, watching

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from labs.build import Step
    from labs.endpoint import Endpoint
    from labs.lab import Lab

PROBE_SECONDS = 1.5
LENGTH = re.compile(r"\bip length (\d+)")
VERDICTS_AGAINST = ("drop", "reject")


@dataclass(frozen=True, slots=True)
class Probe:
    """What a client's first words led to. `sent` and `received` are the datagrams.

    turned        the direction of the key for tls-auth that was answered, if its own was not
    server_said   the lines that the server wrote in its log meanwhile
    """

    client: Endpoint
    proto: str
    remote: str
    port: int
    local_port: int
    sent: tuple[bytes, ...]
    received: tuple[bytes, ...]
    error: str
    watch: Watch
    turned: int | None = None
    server_said: tuple[str, ...] = ()

    @property
    def was_possible(self) -> bool:
        """With a configuration that can't be used nothing is asked."""
        return bool(self.remote)

    @property
    def is_answered(self) -> bool:
        return bool(self.received)

    @property
    def hears_tls(self) -> bool:
        """Did the server's part of the TLS handshake begin to come in?"""
        return len(self.received) > 2


def probe(lab: Lab, client: Endpoint) -> Probe:
    """Ask the server from the client's node, watching every cable and rule."""
    heard = len(lab.server.log_text())
    with watching(lab, "meta l4proto { tcp, udp, icmp }") as watch:
        argv = [
            sys.executable, "-m", "labs.explain.probe_agent",
            client.config.name, f"{PROBE_SECONDS:g}",
        ]  # fmt: skip
        said = client.node.run(argv, cwd=client.directory, env=ours.environment())
    facts = json.loads(said.stdout)
    return Probe(
        client, facts["proto"], facts["remote"], facts["port"], facts["local_port"],
        tuple(map(bytes.fromhex, facts["sent"])), tuple(map(bytes.fromhex, facts["received"])),
        facts["error"], watch, facts["turned"],
        tuple(lab.server.log_text()[heard:].splitlines()),
    )  # fmt: skip


def broken(lab: Lab, asked: Probe) -> Diagnosis | None:
    """The node on the way, or its rule, that does not let the two talk; None if they can."""
    for judge in JUDGES:
        if found := judge(lab, asked):
            return found
    return None


# --- the single causes --------------------------------------------------------------------------


def _taken_by_a_rule(lab: Lab, asked: Probe) -> Diagnosis | None:
    """A firewall on the way took the first words."""
    if asked.is_answered:
        return None
    last = last_sight(outgoing(asked))
    if last is None:
        return None
    step = taken(asked.watch.steps.get(last.next, []), asked.port)
    if step is None:
        return None
    is_reject = "reject" in step.verdict or bool(asked.error)
    what = "refuses" if is_reject else "drops"
    return Diagnosis(
        Kind.PATH,
        "firewall-reject" if is_reject else "firewall-drop",
        f"{last.next} {what} {asked.proto} to port {asked.port}, by its rule {step.rule}",
        f"let {asked.proto} port {asked.port} to {asked.remote} in on {last.next}",
        node=last.next,
        rule=step.rule,
        packet=last.packet.summary(),
        evidence=(f"last seen on {last}", f"there: {step.headers} -> {step.rule} {step.verdict}"),
    )


def _too_large(lab: Lab, asked: Probe) -> Diagnosis | None:
    """Small packets pass, and a rule on the way takes large ones."""
    if not asked.is_answered or asked.hears_tls:
        return None
    for node, steps in asked.watch.steps.items():
        step = taken(steps, asked.port)
        size = LENGTH.search(step.headers) if step else None
        if step and size:
            return Diagnosis(
                Kind.SIZE,
                "mtu-black-hole",
                f"{node} lets small packets through and takes one of {size[1]} bytes "
                f"without a word, by its rule {step.rule}",
                f"let {node} pass larger packets, or send the ICMP error that is due",
                node=node,
                rule=step.rule,
                packet=step.headers,
                evidence=(
                    f"the server answered the first packet; of its TLS flight {len(asked.received)}"
                    f" packets came, and a packet of {size[1]} bytes met {step.rule} on {node}",
                ),
            )
    return None


JUDGES: tuple[Callable[[Lab, Probe], Diagnosis | None], ...] = (_taken_by_a_rule, _too_large)


# --- reading what was seen ----------------------------------------------------------------------


def outgoing(asked: Probe) -> list[Sight]:
    """The first words on their way, cable by cable."""
    return [one for one in asked.watch.sights if _is_first_word(asked, one)]


def _is_first_word(asked: Probe, sight: Sight) -> bool:
    """UDP: the same content, whatever a NAT did to its head; TCP: what opens the connection."""
    from scapy.layers.inet import TCP, UDP

    if asked.proto == "udp":
        content = bytes(sight.packet[UDP].payload) if UDP in sight.packet else b""
        return bool(asked.sent) and content == asked.sent[0]
    return TCP in sight.packet and sight.packet[TCP].flags == "S"


def last_sight(sights: Iterable[Sight]) -> Sight | None:
    """The furthest that a packet came."""
    return max(sights, key=lambda sight: sight.time, default=None)


def taken(steps: Iterable[Step], port: int) -> Step | None:
    """The rule that dropped or refused what went to this port or came from it."""
    for step in steps:
        is_against = any(word in step.verdict for word in VERDICTS_AGAINST)
        if is_against and f"port {port} " in f"{step.headers} ":
            return step
    return None
