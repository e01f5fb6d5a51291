"""One end of a tunnel with a static key: no handshake, no session, one key [man: --secret].

Before: tunnel/one_remote.py OneRemote.decapsulate
After: tunnel/carrier.py Carrier.decapsulate

The tunnel is up when the link is, or, where nobody knows who will come, with the first packet that
is genuine.
"""

from __future__ import annotations

from collections.abc import Callable

from vpn.events import Address, TunnelUp
from vpn.hooks import Hooks
from vpn.tunnel.one_remote import OneRemote
from vpn.tunnel.peer import Peer
from vpn.tunnel.sessions import Peers
from vpn.tunnel.static_peer import StaticPeers

NOWHERE = Address("", 0)


class StaticEnd(OneRemote):
    """`peer` is None while nobody is known."""

    _stranger: Peer | None = None  # whoever it will be; its address is not known yet

    def _peers(
        self, random_bytes: Callable[[int], bytes], wall_clock: Callable[[], float],
        hooks: Hooks | None,
    ) -> Peers:  # fmt: skip
        return StaticPeers(self._common, random_bytes, wall_clock, self._tracer, self.drops)

    def link_ready(self, address: Address, now: float) -> None:
        """The link is open, and with it the tunnel."""
        self._meet(self._sessions.peer(self._log, address, now), now)

    def _expect(self, peer: Peer, address: Address) -> None:
        """Without `remote` the peer is where its last genuine packet came from."""
        if self._options.link.remotes or address.connection:
            super()._expect(peer, address)

    def _meet(self, peer: Peer, now: float) -> None:
        self.peer, self._stranger = peer, None
        assert peer.agreement is not None
        peer.agree(self._options, peer.agreement, now)
        self._tunnel_options = self._options
        self._events.append(TunnelUp(self._options))

    def _receive(self, datagram: bytes, address: Address, now: float) -> bytes | None:
        peer = self.peer
        if peer is not None:
            self._expect(peer, address)
            is_first = not peer.bytes_received and peer.address == address
            packet = self._open(peer, datagram, address, now)
            if is_first:
                self.remotes.succeeded()
                peer.follow(address)
            return packet
        if self._stranger is None:
            self._stranger = self._sessions.peer(self._log, NOWHERE, now)
        stranger = self._stranger
        packet = self._open(stranger, datagram, address, now)  # an error: not the one
        self._meet(stranger, now)
        return packet

    def _handle_message(self, peer: Peer, text: str, now: float) -> None:
        """Nobody says anything."""
