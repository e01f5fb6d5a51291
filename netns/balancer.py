"""A load balancer: one address outside, several servers behind it.

    Balancer(address="198.51.100.10", port=1194, servers=("10.30.0.11", "10.30.0.12"))

    BY_FLOW      the hash of a client's address and port decides: a flow stays with its server
    PER_PACKET   each packet goes to the next server, whatever flow it is of

With `pinned` one server gets everything; with `flip_after`, each flow's first so many packets go
to the first server and all later ones to the second.

It rewrites addresses packet by packet, so that what it is told to do holds for flows under way
from the next packet on. UDP and TCP of one port; the answers must pass it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from netns import nft

TABLE = "ip balancer"
FLOW_SECONDS = 300  # how long the packets of a silent flow stay counted
FIRST_MARK = 1  # of a packet for the first server; 0 is the mark of what is none of ours


class Spread(Enum):
    """What decides which server a packet goes to."""

    BY_FLOW = "by-flow"
    PER_PACKET = "per-packet"


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancer:
    """What is spread, and over whom."""

    address: str
    port: int
    servers: tuple[str, ...]
    mode: Spread = Spread.BY_FLOW
    pinned: str | None = None
    flip_after: int | None = None

    @property
    def table(self) -> str:
        return TABLE

    def script(self) -> str:
        """Write the nft script of this balancer."""
        flips = ("balancer-flipped",) if self._flips else ()
        names = ("balancer-spread", *flips, *map(_to, self.servers), "balancer-answer")
        # Before the kernel's memory of flows, which stays out of it, and before the routing.
        hook = "type filter hook prerouting priority raw"
        rules = [*self._choice(), *map(self._turned, self.servers), f"{self._answers()} notrack"]
        arriving = nft.chain("prerouting", hook, rules)
        # After the routing, which refuses a packet that comes in with an address of the node's own.
        answer = nft.named("balancer-answer", self._answers(), f"ip saddr set {self.address}")
        leaving = nft.chain("postrouting", "type filter hook postrouting priority srcnat", [answer])
        return nft.table(TABLE, names, self._memory() + arriving + leaving)

    @property
    def _flips(self) -> bool:
        return self.flip_after is not None and self.pinned is None

    def _memory(self) -> str:
        """How many packets of each flow have come, if that decides."""
        if not self._flips:
            return ""
        return (
            "\tset flows {\n\t\ttype ipv4_addr . inet_service\n"
            f"\t\tsize 65535\n\t\tflags dynamic,timeout\n\t\ttimeout {FLOW_SECONDS}s\n\t}}\n"
        )

    def _choice(self) -> list[str]:
        match = f"ip daddr {self.address} meta l4proto {{ tcp, udp }} th dport {self.port}"
        rules = [nft.named("balancer-spread", match, f"notrack meta mark set {self._mark()}")]
        if self._flips:
            counted = f"limit rate over 1/day burst {self.flip_after} packets"
            late = f"{match} update @flows {{ ip saddr . th sport {counted} }}"
            rules.append(nft.named("balancer-flipped", late, f"meta mark set {FIRST_MARK + 1}"))
        return rules

    def _mark(self) -> str:
        if self.pinned is not None:
            return str(FIRST_MARK + self.servers.index(self.pinned))
        if self._flips:
            return str(FIRST_MARK)
        count = f"mod {len(self.servers)} offset {FIRST_MARK}"
        if self.mode is Spread.PER_PACKET:
            return f"numgen inc {count}"
        return f"jhash ip saddr . th sport {count}"

    def _turned(self, server: str) -> str:
        match = f"meta mark {FIRST_MARK + self.servers.index(server)}"
        return nft.named(_to(server), match, f"ip daddr set {server}")

    def _answers(self) -> str:
        servers = ", ".join(self.servers)
        return f"ip saddr {{ {servers} }} meta l4proto {{ tcp, udp }} th sport {self.port}"


def _to(server: str) -> str:
    return f"balancer-to-{server.replace('.', '-')}"
