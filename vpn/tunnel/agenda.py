"""Whose turn it is among a server's clients, without asking those that have nothing to do.

A client is looked at when something has happened to it (`touch`) or its deadline has come. The heap
may hold a client too early, never too late: data that passes only moves deadlines away, and is not
worth a touch.
"""

from __future__ import annotations

import heapq
from itertools import count
from math import inf

from vpn.tunnel.clients import ClientEntry, ClientTable


class Agenda:
    """The deadlines of all clients, and those that may have something to say."""

    def __init__(self, clients: ClientTable) -> None:
        self._clients = clients
        self._speakers: dict[ClientEntry, None] = {}  # in the order in which they came
        self._unscheduled: dict[ClientEntry, None] = {}  # their deadlines may be nearer now
        self._heap: list[tuple[float, int, ClientEntry]] = []
        self._scheduled: dict[ClientEntry, float] = {}  # any other time in the heap is void
        self._numbers = count()  # entries have no order of their own

    def touch(self, entry: ClientEntry) -> None:
        """Something happened to this client."""
        self._speakers[entry] = self._unscheduled[entry] = None

    @property
    def has_speakers(self) -> bool:
        """Has something happened to any client?"""
        return bool(self._speakers)

    def next_deadline(self) -> float | None:
        """The earliest deadline of any client, or a time before it."""
        for entry in self._unscheduled:
            self._schedule(entry)
        self._unscheduled.clear()
        while self._heap:
            time, _, entry = self._heap[0]
            if self._scheduled.get(entry) == time:
                return time
            heapq.heappop(self._heap)
        return None

    def due(self, now: float) -> list[ClientEntry]:
        """Clients whose deadline has come; they may have something to say as well."""
        entries = []
        while (planned := self.next_deadline()) is not None and planned <= now:
            entry = heapq.heappop(self._heap)[2]
            del self._scheduled[entry]
            deadline = self._schedule(entry, after=now)
            if deadline is not None and deadline <= now:
                entries.append(entry)
        for entry in entries:
            self.touch(entry)
        return entries

    def speakers(self, now: float) -> list[ClientEntry]:
        """Clients that may have something to say, once."""
        self.due(now)
        entries = [entry for entry in self._speakers if entry in self._clients]
        self._speakers.clear()
        for entry in entries:
            self._unscheduled[entry] = None  # what it says now may have to be said again
        return entries

    def _schedule(self, entry: ClientEntry, after: float = -inf) -> float | None:
        """Plan for a client's deadline, unless it is not after this time; answers the deadline."""
        deadline = entry.next_deadline() if entry in self._clients else None
        planned = self._scheduled.get(entry)
        if deadline is not None and deadline > after and (planned is None or deadline < planned):
            self._scheduled[entry] = deadline
            heapq.heappush(self._heap, (deadline, next(self._numbers), entry))
        return deadline
