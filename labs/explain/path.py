"""The way between the two ends: the client's first words are said once more and followed.

From what was seen on the cables follows the last node that sent the packet on and the one that
should have been next; from that node's rules, which of them took it.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from labs import ours
from labs.explain import way
from labs.explain.watch import Watch, watching

if TYPE_CHECKING:
    from labs.endpoint import Endpoint
    from labs.explain.diagnosis import Diagnosis
    from labs.lab import Lab

PROBE_SECONDS = 1.2


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
    for judge in way.JUDGES:
        if found := judge(lab, asked):
            return found
    return None
