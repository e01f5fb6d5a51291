"""The client's remotes in turn, what time each has, the pauses between them [man: --remote].

A remote that never came up is left for the next one, after all addresses of its name; one that was
connected is tried again first.
"""

from __future__ import annotations

from collections.abc import Callable

from vpn.config.options import LinkOptions
from vpn.config.values import Connection
from vpn.errors import RemotesExhausted
from vpn.events import OpenLink
from vpn.tunnel.deadlines import earliest

PASSES_BEFORE_BACKOFF = 4
MAX_BACKOFF_SHIFT = 15
SERVER_POLL = "server_poll"  # the one reason for a restart after which nothing is waited for


class Remotes:
    """Which connection is in use, and how often the list was gone through."""

    def __init__(self, link: LinkOptions, random_bytes: Callable[[int], bytes]) -> None:
        self.addresses = 1  # of the remote in use; the shell knows when its name is looked up
        connections = list(link.connections)
        if link.remote_random:
            connections.sort(key=lambda _: random_bytes(8))
        self._connections = connections
        self._common = link
        self._index = 0
        self._turn = 0  # which of the addresses
        self._attempts = 0
        self._poll_at: float | None = None  # by when the remote must have answered
        self._reopen_at: float | None = None  # when the next attempt begins

    @property
    def deadline(self) -> float | None:
        """The next moment at which something is due here."""
        return earliest(self._poll_at, self._reopen_at)

    def is_due(self, now: float) -> bool:
        """Is the pause over? True once."""
        if self._reopen_at is None or now < self._reopen_at:
            return False
        self._reopen_at = None
        return True

    @property
    def connection(self) -> Connection:
        """The one in use."""
        return self._connections[self._index % len(self._connections)]

    def open(self) -> OpenLink:
        """An attempt begins; RemotesExhausted when connect-retry-max allows no more."""
        limit = self._link.connect_retry_max
        if limit is not None and self._attempts >= limit * len(self._connections):
            raise RemotesExhausted(limit)
        self._attempts += 1
        return OpenLink(self.connection, self._turn)

    def linked(self, now: float) -> None:
        """The link is open: the server has server-poll-timeout to say anything."""
        self._poll_at = now + self._link.connect_timeout

    def heard(self) -> None:
        """The server answered."""
        self._poll_at = None

    def is_silent(self, now: float) -> bool:
        """Has the server let server-poll-timeout pass?"""
        return self._poll_at is not None and now >= self._poll_at

    def succeeded(self) -> None:
        """The tunnel came up: pauses start small again."""
        self._attempts = 0

    def advance(self) -> None:
        """The next attempt goes to the remote's next address, or else to the next remote."""
        self._turn += 1
        if self._turn >= self.addresses:
            self._index += 1
            self._turn = 0
            self.addresses = 1

    def skip(self, count: int) -> None:
        """Somebody at the controls wants another remote; the one passed over was no attempt."""
        self._attempts -= 1
        self._index += count
        self._turn, self.addresses = 0, 1

    def pause(self, reason: str, now: float, at_least: float = 0.0) -> float:
        """The attempt is over: how many seconds after it the next one is due."""
        seconds = 0.0 if reason == SERVER_POLL else self._seconds()
        self._poll_at = None
        self._reopen_at = now + max(seconds, at_least)
        return max(seconds, at_least)

    def _seconds(self) -> float:
        """connect-retry, doubling from the fifth pass over the list on."""
        seconds, most = self._link.connect_retry
        passes = self._attempts // len(self._connections)
        shift = min(max(passes - PASSES_BEFORE_BACKOFF, 0), MAX_BACKOFF_SHIFT)
        if shift:
            seconds = max(seconds, 1) << shift
        return float(min(seconds, most))

    @property
    def _link(self) -> LinkOptions:
        options = self.connection.options
        return options.link if options else self._common
