"""Many clients in one process: they connect, stay, and answer what keeps a tunnel alive.

    python -m tests.perf.crowd COUNT CONFIG          (in the directory of a client's configuration)

Each is a client's core with a socket of its own and no tun. Prints `up COUNT` when all are, and
stays until its standard input is closed.
"""

from __future__ import annotations

import os
import select
import sys
import time
from collections import Counter

from vpn.config.load import load
from vpn.config.options import Options
from vpn.events import Address, Exiting, OpenLink, Restarting, TunnelUp
from vpn.system.links import ClientLinks
from vpn.system.udp import UdpLink
from vpn.tunnel.client import Client

AT_ONCE = 20  # handshakes under way
BATCH = 64


class Member:
    """One client."""

    def __init__(self, options: Options) -> None:
        self.core = Client(options, os.urandom, time.time)
        self.links = ClientLinks(options.link, options.tun, Counter())
        self.link: UdpLink | None = None
        self.is_up = False

    def start(self, now: float) -> None:
        """Ask for a link, which opens at once: the remote is an address."""
        self.core.start(now)
        self.settle(now)

    def receive(self, now: float) -> None:
        """What came in, and what follows from it."""
        assert self.link is not None
        self.core.decapsulate(self.link.recv_batch(BATCH), now)
        self.settle(now)

    def settle(self, now: float) -> None:
        """Send what is to be sent and act on the events, until there are none."""
        while True:
            for address, datagrams in self.core.datagrams_to_send(now):
                if self.link is not None:
                    self.link.send_batch(address, datagrams)
            events = self.core.events()
            if not events:
                return
            for event in events:
                self._handle(event, now)

    def _handle(self, event: object, now: float) -> None:
        match event:
            case OpenLink():
                self.links.open(event.connection, now)
                [link] = self.links.take()
                assert isinstance(link, UdpLink)
                assert isinstance(self.links.remote, Address)
                self.link = link
                self.core.link_ready(self.links.remote, now)
            case TunnelUp():
                self.core.tunnel_ready(now)
                self.is_up = True
            case Restarting() | Exiting():
                raise SystemExit(f"a client of the crowd fell out: {event.reason}")


class Crowd:
    """All of them, in one loop."""

    def __init__(self, count: int, options: Options) -> None:
        self._waiting = [Member(options) for _ in range(count)]
        self._members: list[Member] = []
        self._poll = select.epoll()
        self._by_descriptor: dict[int, Member] = {}

    @property
    def is_up(self) -> bool:
        """Is every one of them connected?"""
        return not self._waiting and all(member.is_up for member in self._members)

    def step(self, longest: float) -> None:
        """Let some begin; take what comes; let time pass."""
        now = time.monotonic()
        busy = sum(not member.is_up for member in self._members)
        for _ in range(min(AT_ONCE - busy, len(self._waiting))):
            self._begin(self._waiting.pop(), now)
        for descriptor, _ in self._poll.poll(longest):
            self._by_descriptor[descriptor].receive(time.monotonic())
        now = time.monotonic()
        for member in self._members:
            deadline = member.core.next_deadline()
            if deadline is not None and deadline <= now:
                member.core.handle_deadline(now)
                member.settle(now)

    def _begin(self, member: Member, now: float) -> None:
        member.start(now)
        assert member.link is not None
        self._members.append(member)
        self._by_descriptor[member.link.fileno()] = member
        self._poll.register(member.link.fileno(), select.EPOLLIN)


def main() -> int:
    """Connect, say so, stay."""
    count, config = int(sys.argv[1]), sys.argv[2]
    crowd = Crowd(count, load(["--config", config]))
    while not crowd.is_up:
        crowd.step(0.05)
    print(f"up {count}", flush=True)
    while not select.select([sys.stdin], [], [], 0)[0]:
        crowd.step(0.5)
    return 0


if __name__ == "__main__":
    sys.exit(main())
