"""A network under a virtual clock: latency, and seeded loss, reordering and duplication."""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass

from vpn.events import Address


@dataclass
class Conditions:
    """What happens to datagrams. Probabilities are 0..1, times are seconds."""

    latency: float = 0.01
    loss: float = 0.0
    reorder: float = 0.0
    duplicate: float = 0.0


class SimNetwork:
    """Carries datagrams between addresses; the same seed does the same things."""

    def __init__(self, conditions: Conditions, seed: int = 0) -> None:
        self.conditions = conditions
        self.now = 1000.0
        self.lost = 0
        self.log: list[tuple[float, Address, Address, bytes]] = []
        self._random = random.Random(seed)
        self._queue: list[tuple[float, int, Address, Address, bytes]] = []
        self._count = 0
        self.filter: Callable[[Address, bytes], bool] | None = None
        """Called with (sender, datagram); False drops it."""

    def send(self, sender: Address, to: Address, datagrams: list[bytes]) -> None:
        """Put datagrams on the wire."""
        for datagram in datagrams:
            self.log.append((self.now, sender, to, datagram))
            passes = self.filter is None or self.filter(sender, datagram)
            if not passes or self._random.random() < self.conditions.loss:
                self.lost += 1
                continue
            self._schedule(sender, to, datagram)
            if self._random.random() < self.conditions.duplicate:
                self._schedule(sender, to, datagram)

    def _schedule(self, sender: Address, to: Address, datagram: bytes) -> None:
        delay = self.conditions.latency
        if self._random.random() < self.conditions.reorder:
            delay += self._random.random() * 5 * self.conditions.latency
        self._count += 1
        heapq.heappush(self._queue, (self.now + delay, self._count, sender, to, datagram))

    def next_arrival(self) -> float | None:
        """When the next datagram arrives."""
        return self._queue[0][0] if self._queue else None

    def arrivals(self) -> list[tuple[Address, Address, bytes]]:
        """Everything that has arrived by now: (from, to, datagram)."""
        arrived = []
        while self._queue and self._queue[0][0] <= self.now:
            _, _, sender, to, datagram = heapq.heappop(self._queue)
            arrived.append((sender, to, datagram))
        return arrived
