"""The client's remotes in turn, and how long to pause before the next attempt [man: --remote].

A remote that never came up is left for the next one; one that was connected is tried again first.
"""

from __future__ import annotations

from vpn.config.options import LinkOptions
from vpn.config.values import Connection

RESTART_PAUSE = 2.0  # seconds
PASSES_BEFORE_BACKOFF = 4
MAX_BACKOFF_SHIFT = 8


class Remotes:
    """Which connection is in use, and how often the list was gone through."""

    def __init__(self, link: LinkOptions) -> None:
        self._connections = link.connections
        self._max_pause = max(float(link.connect_retry[1]), RESTART_PAUSE)
        self._index = 0
        self._attempts = 0

    def open(self) -> Connection:
        """The connection for an attempt that begins now."""
        self._attempts += 1
        return self._connections[self._index % len(self._connections)]

    def succeeded(self) -> None:
        """The tunnel came up: pauses start small again."""
        self._attempts = 0

    def advance(self) -> None:
        """The next attempt goes to the next remote."""
        self._index += 1

    def pause(self, at_least: float = 0.0, *, is_tcp: bool = False) -> float:
        """Seconds to wait: 2, then doubling from the fifth pass over the list on (UDP)."""
        passes = self._attempts // len(self._connections)
        shift = 0 if is_tcp else min(max(passes - PASSES_BEFORE_BACKOFF, 0), MAX_BACKOFF_SHIFT)
        return max(min(RESTART_PAUSE * (1 << shift), self._max_pause), at_least)
