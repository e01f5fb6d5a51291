"""One remote: its control session, its data channel and its keepalive, joined.

Before: control/session.py ControlSession.receive
After: data/channel.py DataChannel.install

The two channels meet in `_install_keys` and nowhere else: the session has a finished negotiation,
the data channel gets the keys. What passes by in the data channel: tunnel/carrier.py.
"""

from __future__ import annotations

from collections import Counter

from vpn.config.options import Options
from vpn.control.key_state import KeyState, State
from vpn.control.negotiate import Agreement
from vpn.control.session import ControlSession
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.mac import digest_name
from vpn.data.keepalive import PING
from vpn.errors import Drop, NegotiationError
from vpn.events import Address
from vpn.trace import NOTICE, PeerLog, Tracer
from vpn.tunnel.announce import announce
from vpn.tunnel.carrier import Carrier
from vpn.tunnel.data_keys import data_keys, log_keys, max_bytes
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.lifetime import Ending, Lifetime, patience, silence
from vpn.tunnel.status import PeerStatus


class Peer(Carrier):
    """One remote endpoint. Client and server differ in what they do with it, not in what it is."""

    def __init__(
        self,
        options: Options,
        session: ControlSession,
        address: Address,
        now: float,
        log: PeerLog,
        *,
        is_server: bool,
        tracer: Tracer,
        drops: Counter[Drop],
    ) -> None:
        super().__init__(options, address, now, log, tracer=tracer, drops=drops)
        self.session = session
        self.certificate = b""  # its fingerprint
        self.connected_at: float | None = None
        self._is_server = is_server
        self._reneg_after = session.reneg_after
        self._renegotiate_at: float | None = None
        self._limits = options.tls
        self._max_bytes = options.tls.reneg_bytes
        self.negotiated: KeyState | None = None  # the newest that finished
        self._approved: KeyState | None = None  # whose keys may be used; None on a client: any

    def follow(self, address: Address) -> None:
        """A genuine packet came from another address: the peer is there now."""
        self.address = address
        name = f"[{self.common_name}] " if self.common_name else ""
        self.log.log(NOTICE, "%sPeer Connection Initiated with %s", name, address)

    # -- control channel -----------------------------------------------------------------------

    def receive_control(self, datagram: bytes, now: float) -> None:
        """Take a control datagram."""
        if self._tracer.enabled:
            self._trace("received", now, datagram=datagram)
        self.bytes_received += len(datagram)
        is_first = not self.session.remote_session_id
        self.session.receive(datagram, now)
        if is_first:
            self.note_first_packet()
        self.keepalive.last_received = now
        self._after_control(now)

    def note_first_packet(self) -> None:
        """The line that shows that something came back at all."""
        sid = self.session.remote_session_id.hex()
        self.log.info("TLS: Initial packet from %s, sid=%s %s", self.address, sid[:8], sid[8:])

    def _after_control(self, now: float) -> None:
        """Report a negotiation that has just finished; give its keys to the data channel."""
        primary = self.session.primary
        if primary is None or primary.state is not State.ACTIVE:
            return
        if self.negotiated is not primary:
            is_first, self.negotiated = self.negotiated is None, primary
            if not is_first and self._has_changed(primary):
                return
            self.common_name = primary.engine.common_name
            self.certificate = primary.engine.fingerprint
            self.log.info("Control Channel: %s", primary.engine)
            if is_first:
                self.follow(self.address)
        if self.agreement is not None and self._approved in (None, primary):
            self._install_keys(primary, self.agreement, now)

    def _has_changed(self, primary: KeyState) -> bool:
        """Has somebody else gone on in the peer's place? Then that is the end of it."""
        name = primary.engine.common_name
        if name != self.common_name:
            words = f"TLS object CN attempted to change from '{self.common_name}' to '{name}'"
        elif self._is_server and primary.engine.fingerprint != self.certificate:
            words = f"TLS object CN={name} client-provided certificate changed during the session"
        else:
            return False
        primary.fail(NegotiationError(f"TLS Auth Error: {words} -- tunnel disabled"))
        return True

    @property
    def is_authenticated(self) -> bool:
        """Has a negotiation finished, whether or not its keys are in use?"""
        return self.negotiated is not None

    def agree(self, options: Options, agreement: Agreement, now: float) -> None:
        """What was pushed, cipher and key derivation are settled: make the keys."""
        self.agreement = agreement
        self.channel.peer_id = agreement.peer_id
        if agreement.has_dynamic_wrap:
            self.session.protect_renegotiations()
        self._configure(options)
        self.keepalive.configure(options.link.ping, patience(options.link), now)
        self._after_control(now)
        self.lifetime.begin(options.link, now)
        announce(self.log, options, agreement)

    def approve(self, now: float) -> None:
        """Who said this at the newest negotiation is known: its keys may be used."""
        self._approved = self.negotiated
        self._after_control(now)

    def _install_keys(self, key_state: KeyState, agreement: Agreement, now: float) -> None:
        cipher, digest = DATA_CIPHERS[agreement.cipher], digest_name(self._options.data.auth)
        keys = data_keys(self.session, key_state, agreement, digest, is_server=self._is_server)
        hand_window = float(self._limits.hand_window)
        overlap = min(hand_window, self._reneg_after / 2) if self._reneg_after else hand_window
        self.channel.install(
            key_state.key_id,
            keys,
            now,
            overlap=overlap,
            lame=self._limits.tran_window,
            limit=0 if agreement.has_epochs else cipher.limit,
        )
        key_state.mark_generated()
        self._renegotiate_at = now + self._reneg_after if self._reneg_after else None
        self._max_bytes = max_bytes(self._limits, cipher)
        log_keys(self.log, cipher, digest, self._limits)

    def status(self, tunnel_address: str, now: float) -> PeerStatus:
        """Figures for the status report."""
        return PeerStatus(
            self.address, self.common_name, tunnel_address, self.bytes_received, self.bytes_sent,
            self.connected_at or now, self.agreement.cipher if self.agreement else "",
        )  # fmt: skip

    # -- time ----------------------------------------------------------------------------------

    def datagrams_to_send(self, now: float) -> list[bytes]:
        """Control packets that are due, then a ping if one is. Called after each batch."""
        self._watch_limits(now)
        datagrams = self.session.to_send(now)
        self.channel.settle(now)
        for datagram in datagrams if self._tracer.enabled else ():
            self._trace("sent", now, datagram=datagram)
        if self.keepalive.ping_due(now):
            datagrams += self.seal_payload(PING)
        if datagrams:
            self.keepalive.last_sent = now
            self.bytes_sent += sum(map(len, datagrams))
        return datagrams

    def next_deadline(self) -> float | None:
        """The earliest of everything this peer waits for."""
        return earliest(
            self.session.next_deadline(),
            self.channel.next_deadline(),
            self.keepalive.next_deadline(can_ping=self.channel.is_ready),
            self._renegotiate_at,
            self.lifetime.next_deadline(),
        )

    def ending(self, now: float) -> Ending | None:
        """Has the tunnel ended by itself?"""
        if self.keepalive.timed_out(now):
            return silence(self._options.link, self.common_name or "UNDEF")
        return self.lifetime.ending(now)

    def disarm(self, now: float) -> None:
        """The end has come already: no other may come before it."""
        self.lifetime = Lifetime()
        self.keepalive.configure(0, 0, now)

    def handle_deadline(self, now: float) -> None:
        """Let time pass: hand-window, key changes, renegotiation."""
        self.session.handle_deadline(now)
        self.channel.handle_deadline(now)
        if self._renegotiate_at is not None and now >= self._renegotiate_at:
            self._renegotiate(now)

    @property
    def wants_attention(self) -> bool:
        """After data: is there something to do? A key may be worn, or the peer has left."""
        if self.has_left:
            return True
        slot, limits = self.channel.newest, (self._max_bytes, self._limits.reneg_pkts)
        if slot is None or not slot.is_watched(*limits):
            return False
        return slot.is_worn(*limits) or self.channel.is_running_out

    def _watch_limits(self, now: float) -> None:
        """The limits that count packets and bytes."""
        self.channel.spare_packet_ids()
        slot, limits = self.channel.newest, self._limits
        if slot is not None and slot.is_worn(self._max_bytes, limits.reneg_pkts):
            self._renegotiate(now)

    def _renegotiate(self, now: float) -> None:
        self._renegotiate_at = None
        primary, slot = self.session.primary, self.channel.newest
        if primary is None or primary.state is not State.GENERATED_KEYS or slot is None:
            return
        self.log.info(
            "TLS: soft reset sec=%d/%d bytes=%d/%d pkts=%d/%d",
            now - primary.created,
            self._reneg_after,
            slot.bytes,
            self._max_bytes or -1,
            slot.packets,
            self._limits.reneg_pkts,
        )
        self.session.renegotiate(now)
