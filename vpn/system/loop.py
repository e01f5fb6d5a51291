"""The loop: one thread that waits for the tun, the link, signals and the core's next deadline.

Before: the kernel
After: tunnel/one_remote.py OneRemote.encapsulate, OneRemote.decapsulate

Both directions stand side by side in `_tun_ready` and `_link_ready`; `_flush` does the rest, once
per round. Nothing here knows what a packet means.
"""

from __future__ import annotations

import logging
import select
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeAlias

from vpn.errors import Drop
from vpn.events import Address, Event, Incoming, Outgoing
from vpn.system.link import Change, Link
from vpn.system.tun import Tun
from vpn.tunnel.status import Status

log = logging.getLogger("vpn.loop")

Split: TypeAlias = Callable[[list[bytes]], list[tuple[int, list[bytes]]]]
MAX_BATCH = 128  # packets at once: a flood on one side can't starve the other


class Core(Protocol):
    """What the loop drives: a server, a client, or one of two equal ends (vpn/tunnel/)."""

    drops: Counter[Drop]

    @property
    def is_stirred(self) -> bool: ...
    def start(self, now: float) -> None: ...
    def link_ready(self, address: Address, now: float) -> None: ...
    def link_lost(self, address: Address | None, reason: str, now: float) -> None: ...
    def tunnel_ready(self, now: float) -> None: ...
    def encapsulate(self, packets: list[bytes], now: float) -> list[Outgoing]: ...
    def decapsulate(self, incoming: list[Incoming], now: float) -> list[bytes]: ...
    def datagrams_to_send(self, now: float) -> list[Outgoing]: ...
    def next_deadline(self) -> float | None: ...
    def handle_deadline(self, now: float) -> None: ...
    def events(self) -> list[Event]: ...
    def restart(self, reason: str, now: float) -> None: ...
    def stop(self, now: float) -> None: ...
    def status(self, now: float) -> Status: ...


class Shell(Protocol):
    """What acts on the core's events: vpn.system.endpoint.Endpoint."""

    link: Link | None

    @property
    def tun(self) -> Tun | None: ...
    @property
    def is_done(self) -> bool: ...
    def watch(self, loop: Loop) -> None: ...
    def handle(self, event: Event, now: float) -> None: ...
    def note(self, change: Change, now: float) -> None: ...
    def next_deadline(self) -> float | None: ...
    def handle_deadline(self, now: float) -> None: ...
    def settle(self, now: float) -> None: ...


class Loop:
    """Moves batches between the shell's two sides and the core until the shell is done."""

    def __init__(
        self,
        core: Core,
        shell: Shell,
        clock: Callable[[], float] = time.monotonic,
        *,
        split: Split | None = None,
    ) -> None:
        self._core = core
        self._shell = shell
        self._clock = clock
        self._split = split  # with passtos: batches by TOS
        self._poll = select.epoll()
        self._ready: dict[int, Callable[[], None]] = {}  # by descriptor
        self._watched: dict[str, tuple[object, int]] = {}
        self._sides: tuple[Link | None, Tun | None] = (None, None)  # as they are watched
        self._deadline: float | None = None  # of core or shell; data only moves theirs away
        self._is_stirred = False  # has more than data passed in this round?
        self._is_burst = {"tun": False, "link": False}  # did more than one come the last time?

    def run(self) -> None:
        """Start the core and go round until the shell is done."""
        try:
            self._shell.watch(self)
            self._core.start(self._clock())
            self._flush()
            while not self._shell.is_done:
                for descriptor, _ in self._poll.poll(self._timeout()):
                    # A child that was just forked may hold what we have closed.
                    self._ready.get(descriptor, _nothing)()
                self._end_round()
        finally:
            self._poll.close()

    def add(self, descriptor: int, ready: Callable[[], None]) -> None:
        """Call `ready` whenever this descriptor is readable."""

        def stirring() -> None:
            self._is_stirred = True
            ready()

        self._register(descriptor, stirring)

    def _register(self, descriptor: int, ready: Callable[[], None]) -> None:
        self._ready[descriptor] = ready
        self._poll.register(descriptor, select.EPOLLIN)

    def _forget(self, descriptor: int) -> None:
        del self._ready[descriptor]
        with suppress(OSError):  # it is closed: the kernel has forgotten it already
            self._poll.unregister(descriptor)

    # -- the two directions --------------------------------------------------------------------

    def _tun_ready(self) -> None:
        """Outbound: tun -> core -> link."""
        for limit in self._limits("tun"):
            tun, link = self._shell.tun, self._shell.link
            packets = tun.read_batch(limit) if tun is not None else []
            if not packets:
                return
            self._is_burst["tun"] = len(packets) > 1
            now = self._clock()
            if self._split is not None and link is not None:
                self._send_by_tos(self._split(packets), link, now)
                continue
            for address, datagrams in self._core.encapsulate(packets, now):
                if link is not None:
                    link.send_batch(address, datagrams)

    def _link_ready(self) -> None:
        """Inbound: link -> core -> tun."""
        for limit in self._limits("link"):
            now, tun, link = self._clock(), self._shell.tun, self._shell.link
            if link is None:
                return
            incoming = link.recv_batch(limit)
            self._note_changes(link, now)
            if not incoming:
                break
            self._is_burst["link"] = len(incoming) > 1 or len(incoming[0][1]) > 1
            packets = self._core.decapsulate(incoming, now)
            if packets and tun is not None:
                tun.write_batch(packets)
                if limit == 1 and "tun" in self._watched:
                    self._tun_ready()  # the kernel may have answered while we wrote
        # Acks go out before the next packet of the tun: it may use the key they settle.
        if self._core.is_stirred:
            self._is_stirred = True
            self._send_control(self._clock())

    def _limits(self, side: str) -> tuple[int, ...]:
        """How much to take at once: a lone packet is on its way before the next is looked for."""
        return (MAX_BATCH,) if self._is_burst[side] else (1, MAX_BATCH)

    def _send_by_tos(self, batches: list[tuple[int, list[bytes]]], link: Link, now: float) -> None:
        """Outbound with passtos; what the tunnel itself says is not marked."""
        for tos, packets in batches:
            link.set_tos(tos)
            for address, datagrams in self._core.encapsulate(packets, now):
                link.send_batch(address, datagrams)
        link.set_tos(0)

    # -- once per round ------------------------------------------------------------------------

    def _end_round(self) -> None:
        """Most rounds move data and nothing else: then there is nothing else to do."""
        now = self._clock()
        if self._shell.link is not None:
            self._note_changes(self._shell.link, now)  # sending may have closed it
        is_due = self._deadline is not None and self._deadline <= now
        if is_due or self._is_stirred or self._core.is_stirred:
            self._flush()
        else:
            self._shell.settle(now)
            self._watch_sides()

    def _flush(self) -> None:
        """What is due, what the core wants to say, what it wants done; until it wants nothing."""
        now = self._clock()
        for timed in (self._core, self._shell):
            deadline = timed.next_deadline()
            if deadline is not None and deadline <= now:
                timed.handle_deadline(now)
        while True:
            self._send_control(now)
            if self._shell.link is not None:
                self._note_changes(self._shell.link, now)
            events = self._core.events()
            if not events:
                break
            for event in events:
                self._shell.handle(event, now)
        self._shell.settle(now)
        self._watch_sides()
        self._is_stirred = False
        deadlines = (self._core.next_deadline(), self._shell.next_deadline())
        self._deadline = min((each for each in deadlines if each is not None), default=None)

    def _send_control(self, now: float) -> None:
        for address, datagrams in self._core.datagrams_to_send(now):
            if self._shell.link is not None:
                self._shell.link.send_batch(address, datagrams)

    def _note_changes(self, link: Link, now: float) -> None:
        """Streams that opened and closed come before what is in them."""
        for change in link.changes():
            self._is_stirred = True
            self._shell.note(change, now)

    def _timeout(self) -> float | None:
        """Seconds until the next deadline; None when only the outside can make something happen."""
        return None if self._deadline is None else max(0.0, self._deadline - self._clock())

    def _watch_sides(self) -> None:
        """Wait for the sides that are open now; not for the tun while the link is full."""
        link, tun = self._shell.link, self._shell.tun
        if link is not None and link.is_busy:
            tun = None
        if (link, tun) == self._sides:
            return
        self._sides = (link, tun)
        wanted: dict[str, Link | Tun | None] = {"link": link, "tun": tun}
        # First all that is stale: a new descriptor may have the number of a closed one.
        for side, (watched, descriptor) in list(self._watched.items()):
            if watched is not wanted[side]:
                self._forget(descriptor)
                del self._watched[side]
        for side, opened in wanted.items():
            if opened is not None and side not in self._watched:
                descriptor = opened.fileno()
                self._register(descriptor, self._link_ready if side == "link" else self._tun_ready)
                self._watched[side] = (opened, descriptor)


def _nothing() -> None:
    """For a descriptor that is gone."""
