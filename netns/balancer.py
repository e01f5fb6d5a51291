"""A load balancer: one address outside, several servers behind it.

    Balancer(address="198.51.100.10", port=1194, servers=("10.30.0.11", "10.30.0.12"))

    BY_FLOW      the hash of a client's address and port decides: a flow stays with its server
    PER_PACKET   each packet goes to the next server, whatever flow it is of

With `pinned` one server gets everything; with `flip_after`, the first so many packets go to the
first server and all later ones to the second.

It rewrites addresses packet by packet and remembers nothing, so that what it is told to do holds
for flows under way from the next packet on. UDP and TCP of one port; the answers must pass it too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from netns import nft

TABLE = "ip balancer"
COUNTED = 1 << 31  # packets, before the count begins again
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
        names = ("balancer-spread", *map(_to, self.servers), "balancer-answer")
        # Before the kernel's memory of flows, which stays out of it, and before the routing.
        hook = "type filter hook prerouting priority raw"
        rules = [self._choice(), *map(self._turned, self.servers), f"{self._answers()} notrack"]
        arriving = nft.chain("prerouting", hook, rules)
        # After the routing, which refuses a packet that comes in with an address of the node's own.
        answer = nft.named("balancer-answer", self._answers(), f"ip saddr set {self.address}")
        leaving = nft.chain("postrouting", "type filter hook postrouting priority srcnat", [answer])
        return nft.table(TABLE, names, arriving + leaving)

    def _choice(self) -> str:
        match = f"ip daddr {self.address} meta l4proto {{ tcp, udp }} th dport {self.port}"
        return nft.named("balancer-spread", match, f"notrack meta mark set {self._mark()}")

    def _mark(self) -> str:
        if self.pinned is not None:
            return str(FIRST_MARK + self.servers.index(self.pinned))
        if self.flip_after is not None:
            first, last = self.flip_after, COUNTED - 1
            spans = f"0-{first - 1} : {FIRST_MARK}, {first}-{last} : {FIRST_MARK + 1}"
            return f"numgen inc mod {COUNTED} map {{ {spans} }}"
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
