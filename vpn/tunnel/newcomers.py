"""First packets: from a datagram that belongs to no session to a client with one, or to nothing.

Over UDP nothing is kept until the client has shown that it receives at its address
(control/cookie.py); a TCP connection has shown that already.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

from vpn.config.options import Options
from vpn.control.cookie import StatelessReset
from vpn.errors import Drop, PacketError
from vpn.events import Address
from vpn.trace import NOTICE, PeerLog
from vpn.tunnel.clients import ClientEntry, ClientTable
from vpn.tunnel.sessions import SessionMaker
from vpn.wire import control
from vpn.wire.opcodes import Opcode

SINGLE_SESSION = (
    "TLS Error: Cannot accept new session request from %s due to session context expire or "
    "--single-session"
)
RATE_NOTE = (
    "Note: --connect-freq-initial %d %d rate limit exceeded, dropping initial handshake packets "
    "for the next %d seconds"
)
RATE_DROPPED = "Dropped %d initial handshake packets due to --connect-freq-initial %d %d"

TOO_OFTEN = (
    "MULTI: Connection from %s would exceed new connection frequency limit as controlled by "
    "--connect-freq"
)

LEAVING = "MULTI: Connection attempt from %s ignored while server is shutting down"

CLIENT_RESETS = (Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, Opcode.P_CONTROL_HARD_RESET_CLIENT_V3)

log = logging.getLogger("vpn.server")


class FrequencyLimit:
    """At most so many in so many seconds; 0: any number."""

    def __init__(self, most: int, seconds: int) -> None:
        self._most, self._seconds = most, seconds
        self._since = 0.0
        self._count = 0

    def allows(self, now: float) -> bool:
        """Count one more, if it may be."""
        if now >= self._since + self._seconds:
            self._since, self._count = now, 0
        self._count += 1
        return not self._most or self._count <= self._most


class Newcomers:
    """Answers first packets; adds those who prove themselves to the table."""

    def __init__(
        self,
        options: Options,
        sessions: SessionMaker,
        clients: ClientTable,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._options = options
        self._sessions = sessions
        self._clients = clients
        window = float(options.tls.hand_window)
        self._resets = StatelessReset(
            random_bytes(32), sessions.wrappers, window,
            forces_cookie=options.tls.tls_crypt_v2_cookie == "force-cookie",
        )  # fmt: skip
        self._limit = FrequencyLimit(*options.access.connect_freq or (0, 0))
        self.is_closed = False  # the server is leaving
        self._answers_since = 0.0
        self._answers = 0

    def receive(
        self, datagram: bytes, address: Address, now: float
    ) -> tuple[bytes | None, ClientEntry | None]:
        """(answer to send without keeping anything, new client): at most one of them."""
        if self.is_closed:
            PeerLog(log).log(NOTICE, LEAVING, address)
            raise PacketError(Drop.NOT_CONNECTED, str(address))
        opcode, _ = control.parse_opcode(datagram)
        is_reset = opcode in CLIENT_RESETS
        if address.connection:
            if not is_reset or self._clients.has_address(address):
                raise PacketError(Drop.UNKNOWN_SESSION, str(address))
            return None, self._accept_reset(datagram, address, now)
        answer, opening = self._resets.receive(datagram, address, now, self._sessions.unix_time())
        if opening is None:
            self._limit_rate(now)  # not before the wrap was checked: garbage must use nothing up
            return answer, None
        if opening.opcode is Opcode.P_CONTROL_HARD_RESET_CLIENT_V2:
            self._limit_rate(now)
            return None, self._accept_reset(datagram, address, now)
        self._answers = max(self._answers - 1, 0)  # the limit is for those who never come back
        entry = self._new_client(address, opening.remote_session_id, now)
        entry.peer.session.accept_stateless(opening.session_id, now)
        entry.peer.receive_control(datagram, now)  # refuses a client whose own key is not wanted
        entry.peer.note_first_packet()
        self._clients.add(entry)
        return None, entry

    def _accept_reset(self, datagram: bytes, address: Address, now: float) -> ClientEntry:
        wrapper = self._sessions.wrappers.probe(self._sessions.unix_time())
        reset = control.parse(*wrapper.unwrap(datagram))
        if reset.packet_id != 0 or reset.key_id != 0:
            raise PacketError(Drop.MALFORMED, "hard reset with an id")
        entry = self._new_client(address, None, now)
        entry.peer.session.accept(datagram, now)
        entry.peer.note_first_packet()
        self._clients.add(entry)
        return entry

    def _limit_rate(self, now: float) -> None:
        """connect-freq-initial: at most so many answers in so many seconds."""
        limit, seconds = self._options.server.connect_freq_initial
        if now >= self._answers_since + seconds:
            if self._answers > limit:
                log.log(NOTICE, RATE_DROPPED, self._answers - limit, limit, seconds)
            self._answers_since, self._answers = now, 0
        self._answers += 1
        if self._answers > limit:
            if self._answers == limit + 1:
                left = self._answers_since + seconds - now
                log.log(NOTICE, RATE_NOTE, limit, seconds, left)
            raise PacketError(Drop.RATE_LIMIT, "connect-freq-initial")

    def _new_client(self, address: Address, session_id: bytes | None, now: float) -> ClientEntry:
        older = self._clients.admitted_at(address)
        if older is not None and self._options.tls.single_session:
            log.log(NOTICE, SINGLE_SESSION, address)
            raise PacketError(Drop.UNKNOWN_SESSION, "single-session")
        peer_id = self._clients.free_peer_id(spare=int(older is not None))
        if peer_id is None:
            limit = self._options.server.max_clients
            words = "MULTI: new incoming connection would exceed maximum number of clients (%d)"
            log.log(NOTICE, words, limit)
            raise PacketError(Drop.RATE_LIMIT, "max-clients")
        if not self._limit.allows(now):
            log.log(NOTICE, TOO_OFTEN, address)
            raise PacketError(Drop.RATE_LIMIT, "connect-freq")
        peer_log = PeerLog(log, address.short)
        peer = self._sessions.peer(peer_log, address, now, session_id=session_id)
        return ClientEntry(peer, peer_id)
