"""A node with Scapy in it: send, ask, listen, expect.

    lab["client"].sr1(IP(dst="10.20.0.10") / ICMP())
    with lab["files"].expect(lambda packet: ICMP in packet, "a ping"):
        lab["client"].run(["ping", "-c1", "files"])

Packets are sent from the node by its own routes, and seen on its own links. Scapy runs there in a
process of its own, which starts with the first request (packet_agent.py).
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from labs import ours
from labs.build import RunningNode, end_group, wait_for
from labs.errors import LabError

if TYPE_CHECKING:
    from scapy.packet import Packet

ANSWER_SECONDS = 2.0
EXPECT_SECONDS = 8.0


class Host(RunningNode):
    """One node of a lab."""

    _agent: subprocess.Popen[Any] | None = None

    def send(self, *packets: Packet, **options: Any) -> None:
        """Send packets (IP and up) by the node's routes; options are those of Scapy's `send`."""
        self._ask("send", [_layers(one) for one in packets], **options)

    def sendp(self, *frames: Packet, iface: str, **options: Any) -> None:
        """Send frames on a link of the node."""
        self._ask("sendp", [_layers(one) for one in frames], iface=iface, **options)

    def sr1(self, packet: Packet, timeout: float = ANSWER_SECONDS, **options: Any) -> Packet | None:
        """Send a packet; the first answer to it, None if there is none in that time."""
        return _packet(self._ask("sr1", _layers(packet), timeout=timeout, **options))

    def srp1(
        self, frame: Packet, iface: str, timeout: float = ANSWER_SECONDS, **options: Any
    ) -> Packet | None:
        """The same with a frame on a link."""
        return _packet(self._ask("srp1", _layers(frame), iface=iface, timeout=timeout, **options))

    @contextmanager
    def sniff(self, *links: str) -> Iterator[Callable[[], list[Packet]]]:
        """Collect what passes on some links (all, if none is named) while the block runs.

        with host.sniff("eth0") as heard: ...; heard() gives everything so far.
        """
        self._ask("listen", list(links or self.links()))
        collected: list[Packet] = []

        def heard() -> list[Packet]:
            collected.extend(_packet(one) for one in self._ask("heard"))
            return collected

        try:
            yield heard
        finally:
            heard()
            self._ask("leave")

    @contextmanager
    def expect(
        self,
        matches: Callable[[Packet], bool],
        what: str,
        *links: str,
        seconds: float = EXPECT_SECONDS,
    ) -> Iterator[list[Packet]]:
        """Whoever runs the block has caused such a packet here; LabError if it does not come.

        The list that it gives holds the packets that matched, once the block has ended. `matches`
        is asked once about each packet, in order.
        """
        matching: list[Packet] = []
        looked_at = 0
        with self.sniff(*links) as heard:

            def found() -> list[Packet]:
                nonlocal looked_at
                fresh = heard()[looked_at:]
                looked_at += len(fresh)
                matching.extend(filter(matches, fresh))
                return matching

            yield matching
            wait_for(found, seconds, f"{self.name}: {what}")

    def _ask(self, method: str, *arguments: Any, **keywords: Any) -> Any:
        agent = self._started()
        assert agent.stdin is not None
        assert agent.stdout is not None
        try:
            pickle.dump((method, arguments, keywords), agent.stdin)
            agent.stdin.flush()
            value, problem = pickle.load(agent.stdout)
        except (BrokenPipeError, EOFError):
            self._agent = None
            raise LabError(f"{self.name}: Scapy's process has ended") from None
        if problem:
            raise LabError(f"{self.name}: {method}", problem)
        return value

    def _started(self) -> subprocess.Popen[Any]:
        if self._agent is None or self._agent.poll() is not None:
            self._agent = self.popen(
                [sys.executable, "-m", "labs.packet_agent"],
                env=ours.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=False,
            )
            weakref.finalize(self, _end, self._agent)
        return self._agent


def _end(agent: subprocess.Popen[Any]) -> None:
    for pipe in (agent.stdin, agent.stdout):
        if pipe is not None:
            pipe.close()
    end_group(agent)


def _layers(packet: Packet) -> list[tuple[type[Packet], dict[str, Any]]]:
    """A packet for the way to the node: what is left open is filled in there, not here."""
    found = []
    while packet:
        found.append((type(packet), dict(packet.fields)))
        packet = packet.payload
    return found


def _packet(seen: tuple[type[Packet], bytes, float, str] | None) -> Any:
    """What the agent saw, with all the layers that are known here."""
    if seen is None:
        return None
    kind, data, time, link = seen
    packet = kind(data)
    packet.time, packet.sniffed_on = time, link
    return packet
