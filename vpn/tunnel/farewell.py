"""A client's goodbye: it tells the server, waits, and is gone [man: --explicit-exit-notify].

With `cc-exit` the message goes once over the control channel, which repeats it until it is
acknowledged; else it goes over the data channel, once a second.
"""

from __future__ import annotations

from vpn.data import occ
from vpn.trace import NOTICE
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.peer import Peer
from vpn.wire import messages

NOTIFY_INTERVAL = 1.0  # seconds


class Farewell:
    """Not begun until `begin`."""

    def __init__(self) -> None:
        self._ends_at: float | None = None
        self._notify_at: float | None = None

    @property
    def deadline(self) -> float | None:
        """When the next notification goes out, or all is said."""
        return earliest(self._ends_at, self._notify_at)

    def begin(self, peer: Peer | None, seconds: float, now: float) -> bool:
        """Say goodbye for this long; False if there is nothing to say, or nobody to hear it."""
        if self._ends_at is not None:
            return False  # asked twice: enough was said
        if peer is None or not peer.channel.is_ready or not seconds or peer.address.connection:
            return False
        peer.log.log(NOTICE, "SIGTERM received, sending exit notification to peer")
        self._ends_at = now + seconds
        peer.disarm(now)
        if peer.agreement is not None and peer.agreement.has_exit_message:
            peer.session.send_message(messages.EXIT)
        else:
            self._notify_at = now
        return True

    def datagrams_to_send(self, peer: Peer, now: float) -> list[bytes]:
        """A notification, if one is due."""
        if self._notify_at is None or now < self._notify_at:
            return []
        self._notify_at = now + NOTIFY_INTERVAL
        return peer.seal_payload(occ.message(occ.EXIT))

    def is_over(self, now: float) -> bool:
        """Has enough been said? True once."""
        if self._ends_at is None or now < self._ends_at:
            return False
        self._ends_at = self._notify_at = None
        return True

    def cancel(self) -> None:
        """Say no more."""
        self._ends_at = self._notify_at = None
