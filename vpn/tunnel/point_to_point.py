"""Point to point: two ends that are equals but for the TLS handshake [man: --tls-server].

Nothing is pushed. Either end may speak first, may know the other's address or learn it, and may
begin anew while the other still has the old session: that stays until the new one has keys.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from vpn.config.options import Options
from vpn.control import negotiate
from vpn.errors import Drop, NegotiationError, PacketError
from vpn.events import Address, Outgoing, TunnelUp
from vpn.hooks import Hooks
from vpn.trace import NOTICE, Tracer
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.one_remote import OneRemote
from vpn.tunnel.peer import Peer
from vpn.tunnel.verdicts import Restart, verdict
from vpn.wire.control import SESSION_ID_SIZE
from vpn.wire.opcodes import OPCODE_SHIFT, P_DATA_V1, P_DATA_V2, Opcode

NO_CIPHER = (
    "OPTIONS ERROR: failed to negotiate cipher with peer: own data-ciphers are '{}', it says '{}'"
)
PEER_ID_LABEL, PEER_ID_SIZE = b"EXPORTER-OpenVPN-p2p-peerid", 3
NEGOTIATED = "P2P mode NCP negotiation result: TLS_export=%d, DATA_v2=%d, peer-id %d, cipher=%s"
SINGLE_SESSION = (
    "TLS Error: Cannot accept new session request from %s due to session context expire or "
    "--single-session"
)


class PointToPoint(OneRemote):
    """One end. `peer` is None while nobody is known."""

    def __init__(
        self,
        options: Options,
        random_bytes: Callable[[int], bytes],
        wall_clock: Callable[[], float],
        tracer: Tracer | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        super().__init__(options, random_bytes, wall_clock, tracer, hooks)
        self._is_server = options.tls.is_server
        resets = Opcode.P_CONTROL_HARD_RESET_SERVER_V2, Opcode.P_CONTROL_HARD_RESET_CLIENT_V2
        self._their_reset = resets[self._is_server]
        self._newcomer: Peer | None = None  # with a session that has no keys yet
        self._is_up = False

    # -- the seven verbs -----------------------------------------------------------------------

    def datagrams_to_send(self, now: float) -> list[Outgoing]:
        """As any end; and the handshake of who is about to take over."""
        outgoing = super().datagrams_to_send(now)
        newcomer = self._newcomer
        if newcomer is None:
            return outgoing
        datagrams = newcomer.datagrams_to_send(now)
        if newcomer.session.failure is not None:
            self._newcomer = None
        return [*outgoing, (newcomer.address, datagrams)] if datagrams else outgoing

    def next_deadline(self) -> float | None:
        """When `handle_deadline` wants to be called."""
        newcomer = self._newcomer.session.next_deadline() if self._newcomer else None
        return earliest(super().next_deadline(), newcomer)

    def handle_deadline(self, now: float) -> None:
        """Let time pass."""
        super().handle_deadline(now)
        if self._newcomer is not None:
            self._newcomer.session.handle_deadline(now)

    # -- the shell's news ----------------------------------------------------------------------

    def link_lost(self, address: Address | None, reason: str, now: float) -> None:
        """The link could not be opened, or broke; a stream that is not the peer's is nothing."""
        if self.peer is None or address is None or address == self.peer.address:
            super().link_lost(address, reason, now)

    def _close(self) -> None:
        super()._close()
        self._newcomer, self._is_up = None, False

    # -- inbound -------------------------------------------------------------------------------

    def _receive(self, datagram: bytes, address: Address, now: float) -> bytes | None:
        opcode = datagram[0] >> OPCODE_SHIFT if datagram else 0
        if opcode in (P_DATA_V2, P_DATA_V1):
            if self.peer is None:
                raise PacketError(Drop.UNKNOWN_PEER, str(address))
            self._expect(self.peer, address)
            return self._open(self.peer, datagram, address, now)
        peer = self._find(datagram[1 : 1 + SESSION_ID_SIZE])
        if peer is None and opcode == self._their_reset:
            peer = self._meet(address, now)
        peer = peer or self.peer
        if peer is None:
            raise PacketError(Drop.UNKNOWN_SESSION, str(address))
        self._expect(peer, address)
        peer.receive_control(datagram, now)  # an Error leaves no newcomer behind
        self.remotes.heard()
        if peer is not self.peer:
            self._newcomer = peer
        if peer.is_authenticated and peer.agreement is None:
            self._agree(peer, now)
        return None

    def _find(self, session_id: bytes) -> Peer | None:
        """Whose session this is."""
        known = (peer for peer in (self.peer, self._newcomer) if peer is not None)
        return next((one for one in known if one.session.remote_session_id == session_id), None)

    def _meet(self, address: Address, now: float) -> Peer:
        """A session that begins: the one that we wait for, or another one beside it."""
        peer = self.peer
        if peer is not None:
            self._expect_anew(peer, address)
            if not peer.session.remote_session_id and peer.address == address:
                return peer
            if self._options.tls.single_session:
                self._log.log(NOTICE, SINGLE_SESSION, address)
                raise PacketError(Drop.UNKNOWN_SESSION, "single-session")
        newcomer = self._sessions.peer(self._log, address, now)
        newcomer.session.connect(now)
        return newcomer

    def _expect_anew(self, peer: Peer, address: Address) -> None:
        """Without `remote` a session may begin from anywhere, over the same link."""
        if self._options.link.remotes or address.connection:
            self._expect(peer, address)

    # -- the tunnel ----------------------------------------------------------------------------

    def _agree(self, peer: Peer, now: float) -> None:
        """The handshake is done: what both sides have said of themselves decides the rest."""
        message, options = peer.session.remote, self._options
        assert message is not None
        agreement = negotiate.p2p_agreement(options, message, is_server=self._is_server)
        if agreement is None:
            own, offered = ":".join(options.data.data_ciphers), message.peer_info.split()
            problem = NegotiationError(NO_CIPHER.format(own, " ".join(offered)))
            if peer is self.peer or self.peer is None:
                self._give_up(problem, now)
            else:  # the tunnel that stands is none the worse for it
                self._log.error("%s", problem)
                self._newcomer = None
            return
        assert peer.negotiated is not None
        if agreement.uses_exporter and agreement.peer_id is not None:
            exported = peer.negotiated.engine.export(PEER_ID_LABEL, PEER_ID_SIZE)
            agreement = replace(agreement, peer_id=int.from_bytes(exported, "big"))
        self._log.info(
            NEGOTIATED,
            agreement.uses_exporter,
            agreement.peer_id is not None,
            agreement.peer_id or 0,
            agreement.cipher,
        )
        self.peer, self._newcomer = peer, None
        self.remotes.succeeded()
        peer.connected_at = now
        peer.agree(options, agreement, now)
        if not self._is_up:
            self._is_up = True
            self._tunnel_options = options
            self._events.append(TunnelUp(options))

    def _handle_message(self, peer: Peer, text: str, now: float) -> None:
        match verdict(text, self._options.tls, self._log):
            case Restart("remote-exit" as reason):
                self._end_attempt(reason, now)
