"""Why a tunnel may end by itself: silence, too little traffic, a session that lasts too long.

ping-restart, ping-exit    nothing was heard of the peer          (data/keepalive.py has the time)
inactive                   the tun carried less than so many bytes for so long
session-timeout            so many seconds are over                                [man: timeouts]
"""

from __future__ import annotations

from dataclasses import dataclass

from vpn.config.options import LinkOptions
from vpn.tunnel.deadlines import earliest


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of a tunnel. Final: no new attempt follows."""

    reason: str
    words: str
    is_final: bool = True


INACTIVE = Ending("inactive", "Inactivity timeout (--inactive), exiting")
SESSION_TIMEOUT = Ending("session-timeout", "Session timeout, exiting")


def patience(link: LinkOptions) -> int:
    """Seconds of silence that end the tunnel."""
    return link.ping_exit or link.ping_restart


def silence(link: LinkOptions, name: str) -> Ending:
    """The ending that a silent peer brings."""
    if link.ping_exit:
        return Ending("ping-exit", f"[{name}] Inactivity timeout (--ping-exit), exiting")
    words = f"[{name}] Inactivity timeout (--ping-restart), restarting"
    return Ending("ping-restart", words, is_final=False)


class Lifetime:
    """What a tunnel that is up has left. Without `begin` it has no end."""

    __slots__ = ("_active_at", "_ends_at", "_enough", "_passed", "seconds")

    def __init__(self) -> None:
        self._ends_at: float | None = None
        self._active_at = 0.0
        self.seconds = 0  # of too little traffic; 0: nobody counts
        self._enough = self._passed = 0

    def begin(self, link: LinkOptions, now: float) -> None:
        """The tunnel is up."""
        self._ends_at = now + link.session_timeout if link.session_timeout else None
        self.seconds, self._enough = link.inactive or (0, 0)
        self._active_at = now

    def passed(self, size: int, now: float) -> None:
        """So many bytes came out of the tun, or went into it."""
        self._passed += size
        if self._passed >= self._enough:
            self._passed, self._active_at = 0, now

    def ending(self, now: float) -> Ending | None:
        """Is it over?"""
        if self._ends_at is not None and now >= self._ends_at:
            return SESSION_TIMEOUT
        if self.seconds and now >= self._active_at + self.seconds:
            return INACTIVE
        return None

    def next_deadline(self) -> float | None:
        """When to ask again."""
        idle = self._active_at + self.seconds if self.seconds else None
        return earliest(self._ends_at, idle)
