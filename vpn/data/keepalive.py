"""Ping and ping-restart: is the peer still there, and does it know that we are?

Before: tunnel/carrier.py Carrier.encapsulate
After: data/channel.py DataChannel.seal

A ping is a data packet with a fixed payload that never reaches a tun [draft: ping].
"""

from __future__ import annotations

PING = bytes.fromhex("2a187bf3641eb4cb07ed2d0a981fc748")


class Keepalive:
    """Two deadlines. Intervals are seconds; 0 switches one off."""

    __slots__ = ("_ping", "_timeout", "last_received", "last_sent")

    def __init__(self, ping: int, timeout: int, now: float) -> None:
        self._ping = ping
        self._timeout = timeout
        self.last_sent = self.last_received = now

    def configure(self, ping: int, timeout: int, now: float) -> None:
        """New intervals, pushed by the server."""
        self._ping, self._timeout = ping, timeout
        self.last_received = max(self.last_received, now)

    def ping_due(self, now: float) -> bool:
        """Was nothing sent for `ping` seconds?"""
        return bool(self._ping) and now >= self.last_sent + self._ping

    def timed_out(self, now: float) -> bool:
        """Was nothing received for `timeout` seconds?"""
        return bool(self._timeout) and now >= self.last_received + self._timeout

    def next_deadline(self, *, can_ping: bool) -> float | None:
        """When to look again."""
        times = []
        if self._ping and can_ping:
            times.append(self.last_sent + self._ping)
        if self._timeout:
            times.append(self.last_received + self._timeout)
        return min(times, default=None)
