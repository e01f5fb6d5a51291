"""The client: one peer, remotes in turn, and what a server may tell it.

Before: system/tun.py Tun.read_batch
After: tunnel/peer.py Peer.encapsulate

The shell opens links when asked to (`OpenLink`); everything else about an attempt (time limits,
pauses, which remote comes next) is decided here.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from vpn import __version__
from vpn.config import parse
from vpn.config.options import Options
from vpn.control import negotiate
from vpn.control.session import ControlSession, SessionConfig
from vpn.control.tls import TlsContext
from vpn.control.wrap import wrapper_factory
from vpn.data import occ
from vpn.errors import ConfigError, Drop, PacketError
from vpn.events import (
    Address,
    CloseLink,
    Event,
    Exiting,
    Incoming,
    OpenLink,
    Outgoing,
    Restarting,
    TunnelUp,
)
from vpn.trace import NOTICE, NullTracer, PeerLog, Tracer
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.peer import Peer, check_size
from vpn.tunnel.status import PeerStatus, Status
from vpn.wire import messages
from vpn.wire.control import SESSION_ID_SIZE
from vpn.wire.opcodes import OPCODE_SHIFT, P_DATA_V1, P_DATA_V2

PUSH_REQUEST_FIRST = 1.0  # seconds after the keys were exchanged
PUSH_REQUEST_INTERVAL = 5.0
RESTART_PAUSE = 2.0
MAX_BACKOFF_SHIFT = 8
PASSES_BEFORE_BACKOFF = 4

log = logging.getLogger("vpn.client")


class Client:
    """A client endpoint. Sans-IO: time comes in as `now`, bytes as lists."""

    def __init__(
        self,
        options: Options,
        random_bytes: Callable[[int], bytes],
        wall_clock: Callable[[], float],
        tracer: Tracer | None = None,
    ) -> None:
        self.drops: Counter[Drop] = Counter()
        self.tracer = tracer or NullTracer()
        self.peer: Peer | None = None
        self._options = options  # as configured
        self._tunnel_options = options  # with the push merged in
        self._random_bytes = random_bytes
        self._wall_clock = wall_clock
        self._tls = TlsContext(options, is_server=False)
        self._wrappers = wrapper_factory(options, is_server=False)
        self._log = PeerLog(log)
        self._events: list[Event] = []
        self._remote = 0  # index of the connection in use
        self._attempts = 0
        self._reopen_at: float | None = None
        self._push = messages.PushAssembler()
        self._push_request_at: float | None = None
        self._push_until = 0.0
        self._exit_at: float | None = None
        self._tun_read = self._tun_write = 0

    # -- the seven verbs -----------------------------------------------------------------------

    def start(self, now: float) -> None:
        """Ask for a link to the first remote."""
        self._open_link()

    def encapsulate(self, packets: list[bytes], now: float) -> list[Outgoing]:
        """tun -> link."""
        peer = self.peer
        if peer is None or not peer.channel.is_ready:
            self.drops[Drop.NOT_CONNECTED] += len(packets)
            return []
        self._tun_read += sum(map(len, packets))
        datagrams = peer.encapsulate(packets, now)
        peer.end_of_batch(now)
        return [(peer.address, datagrams)]

    def decapsulate(self, datagrams: list[Incoming], now: float) -> list[bytes]:
        """link -> tun."""
        packets = []
        for datagram, address in datagrams:
            if self.peer is None:
                break
            try:
                packet = self._receive(self.peer, datagram, address, now)
            except PacketError as problem:
                self._drop(problem, address, now)
            else:
                if packet is not None:
                    packets.append(packet)
        if self.peer is not None:
            self._handle_messages(self.peer, now)
        if self.peer is not None:
            self.peer.end_of_batch(now)
        self._tun_write += sum(map(len, packets))
        return packets

    def datagrams_to_send(self, now: float) -> list[Outgoing]:
        """Whatever the tunnel itself has to say now: control packets, acks, pings."""
        peer = self.peer
        if peer is None:
            return []
        datagrams = peer.datagrams_to_send(now)
        address = peer.address
        if peer.session.failure is not None:
            self._end_attempt(peer.session.failure.reason, now)
        return [(address, datagrams)] if datagrams else []

    def next_deadline(self) -> float | None:
        """When `handle_deadline` wants to be called."""
        peer_deadline = self.peer.next_deadline() if self.peer else None
        return earliest(peer_deadline, self._reopen_at, self._push_request_at, self._exit_at)

    def handle_deadline(self, now: float) -> None:
        """Let time pass."""
        if self._exit_at is not None and now >= self._exit_at:
            self._exit_at = None
            self._close()
            self._events.append(Exiting("exit-with-notification"))
        if self._reopen_at is not None and now >= self._reopen_at:
            self._reopen_at = None
            self._open_link()
        peer = self.peer
        if peer is None:
            return
        if self._push_request_at is not None and now >= self._push_request_at:
            self._request_push(peer, now)
        peer.handle_deadline(now)
        if peer.keepalive.timed_out(now) and self._exit_at is None:
            name = peer.common_name or "UNDEF"
            self._log.log(NOTICE, "[%s] Inactivity timeout (--ping-restart), restarting", name)
            self._end_attempt("ping-restart", now)

    def events(self) -> list[Event]:
        """What happened since the last call."""
        happened, self._events = self._events, []
        return happened

    # -- the shell's news ----------------------------------------------------------------------

    def link_ready(self, address: Address, now: float) -> None:
        """The link is open: begin the handshake."""
        options = self._options
        credentials = (options.client.auth_user_pass or b"").decode().splitlines()[:2]
        username, password = credentials if len(credentials) == 2 else ("", "")
        tls = options.tls
        config = SessionConfig(
            self._tls,
            self._random_bytes,
            negotiate.own_options_string(
                options, is_server=False, is_tcp=bool(address.connection)
            ),
            negotiate.own_peer_info(options, f"vpnlab-{__version__}"),
            username,
            password,
            tls.hand_window,
            tls.tran_window,
            tls.tls_timeout,
            tls.max_packet_size,
        )
        session_id = self._random_bytes(SESSION_ID_SIZE)
        wrapper = self._wrappers.new(int(self._wall_clock()))
        session = ControlSession(config, wrapper, session_id, self._log)
        self.peer = Peer(
            options,
            session,
            address,
            now,
            self._log,
            is_server=False,
            reneg_after=float(tls.reneg_sec),
        )
        self._push = messages.PushAssembler()
        self._push_request_at = None
        session.connect(now)

    def link_lost(self, address: Address | None, reason: str, now: float) -> None:
        """The link could not be opened, or broke."""
        self._end_attempt(reason, now)

    def tunnel_ready(self, now: float) -> None:
        """The shell has configured the tun."""
        if self.peer is not None:
            self.peer.connected_at = now

    def restart(self, reason: str, now: float) -> None:
        """SIGUSR1: begin again, with the same remote."""
        self._end_attempt(reason, now, source="hard")

    def stop(self, now: float) -> None:
        """SIGTERM: say goodbye if asked to, then exit."""
        peer, wait = self.peer, self._options.link.explicit_exit_notify
        wait = max(wait, self._tunnel_options.link.explicit_exit_notify)
        if peer is None or not peer.channel.is_ready or not wait or peer.address.connection:
            self._close()
            self._events.append(Exiting("", source="hard"))
            return
        self._log.log(NOTICE, "SIGTERM received, sending exit notification to peer")
        self._exit_at = now + wait
        if peer.agreement is not None and peer.agreement.has_exit_message:
            peer.session.send_message(messages.EXIT)

    def status(self, now: float) -> Status:
        """Figures for SIGUSR2."""
        peer, peers = self.peer, []
        if peer is not None and peer.agreement is not None:
            local = self._tunnel_options.tun.ifconfig
            peers.append(
                PeerStatus(
                    peer.address,
                    peer.common_name,
                    local[0] if local else "",
                    peer.bytes_received,
                    peer.bytes_sent,
                    peer.connected_at or now,
                    peer.agreement.cipher,
                )
            )
        received, sent = (peer.bytes_received, peer.bytes_sent) if peer else (0, 0)
        return Status(peers, self._tun_read, self._tun_write, received, sent, dict(self.drops))

    # -- one attempt ---------------------------------------------------------------------------

    def _open_link(self) -> None:
        connections = self._options.link.connections
        self._attempts += 1
        self._events.append(OpenLink(connections[self._remote % len(connections)]))

    def _close(self) -> None:
        if self.peer is not None:
            self._events.append(CloseLink(self.peer.address))
        self.peer = None
        self._push_request_at = None

    def _end_attempt(
        self,
        reason: str,
        now: float,
        *,
        source: str = "soft",
        advance: bool | None = None,
        pause: float = RESTART_PAUSE,
    ) -> None:
        """Close the link and pause; a remote that never came up is left for the next one."""
        was_connected = self.peer is not None and self.peer.channel.is_ready
        is_tcp = bool(self.peer and self.peer.address.connection)
        self._close()
        if was_connected:
            self._attempts = 0
        if advance if advance is not None else not was_connected and source == "soft":
            self._remote += 1
        passes = self._attempts // len(self._options.link.connections)
        if passes > PASSES_BEFORE_BACKOFF and not is_tcp:
            pause *= 2 ** min(passes - PASSES_BEFORE_BACKOFF, MAX_BACKOFF_SHIFT)
        pause = min(pause, max(self._options.link.connect_retry[1], RESTART_PAUSE))
        self._reopen_at = now + pause
        self._events.append(Restarting(reason, pause, source=source))

    def _receive(self, peer: Peer, datagram: bytes, address: Address, now: float) -> bytes | None:
        if address != peer.address and not self._options.link.float_:
            raise PacketError(Drop.UNKNOWN_PEER, str(address))
        opcode = datagram[0] >> OPCODE_SHIFT if datagram else 0
        if opcode in (P_DATA_V2, P_DATA_V1):
            check_size(datagram)
            return peer.decapsulate(datagram, now)
        if not peer.session.remote_session_id and len(datagram) > SESSION_ID_SIZE:
            sid = datagram[1:9].hex()
            self._log.info("TLS: Initial packet from %s, sid=%s %s", address, sid[:8], sid[8:])
        peer.receive_control(datagram, now)
        if peer.is_authenticated and peer.agreement is None and self._push_request_at is None:
            self._push_request_at = now + PUSH_REQUEST_FIRST
            self._push_until = now + self._options.tls.hand_window
        return None

    def _drop(self, problem: PacketError, address: Address, now: float) -> None:
        self.drops[problem.reason] += 1
        if problem.reason in (Drop.UNWRAP, Drop.CONTROL_REPLAY):
            self._log.log(NOTICE, "TLS Error: %s from %s", problem.detail, address)
        elif problem.reason is Drop.REPLAY and not self._options.data.mute_replay_warnings:
            self._log.log(
                NOTICE,
                "AEAD Decrypt error: bad packet ID (may be a replay): [ #%s ] -- see the man page "
                "entry for --replay-window for more info or silence this warning with "
                "--mute-replay-warnings",
                problem.detail,
            )
        else:
            self._log.debug("dropped from %s: %s", address, problem)
        if address.connection and problem.reason in (Drop.AUTH, Drop.REPLAY):
            self._log.log(NOTICE, "Fatal decryption error (process_incoming_link), restarting")
            self._end_attempt("decryption-error", now)

    # -- what the server says ------------------------------------------------------------------

    def _handle_messages(self, peer: Peer, now: float) -> None:
        for text in peer.session.take_messages():
            self._handle_message(peer, text, now)
            if self.peer is None:
                return
        if peer.has_left:
            self._end_attempt("remote-exit", now)

    def _handle_message(self, peer: Peer, text: str, now: float) -> None:
        name = text.partition(",")[0]
        if name == messages.PUSH_REPLY:
            self._log.info("PUSH: Received control message: '%s'", text)
            self._take_push(peer, text, now)
        elif name == messages.AUTH_FAILED:
            self._take_auth_failed(text, now)
        elif name == messages.RESTART:
            flags, words = messages.restart_flags(text)
            self._log.log(NOTICE, "Connection reset command was pushed by server ('%s')", words)
            self._end_attempt("server-pushed-connection-reset", now, advance="N" in flags)
        elif name == messages.HALT:
            _, words = messages.restart_flags(text)
            self._log.log(NOTICE, "Halt command was pushed by server ('%s')", words)
            self._close()
            self._events.append(Exiting("server-pushed-halt"))
        elif name == messages.EXIT:
            self._log.log(NOTICE, "EXIT received from the server")
            self._end_attempt("remote-exit", now)
        elif name == messages.AUTH_PENDING:
            self._take_auth_pending(peer, text, now)
        else:
            self._log.info("control message: '%s'", text)

    def _take_auth_failed(self, text: str, now: float) -> None:
        self._log.error("AUTH: Received control message: %s", text)
        failure = messages.auth_failure(text)
        if failure.is_temporary:
            pause = max(RESTART_PAUSE, failure.backoff or 0)
            reason = "auth-temp-failure (server temporary reject)"
            self._end_attempt(reason, now, advance=failure.advance != "no", pause=pause)
        else:
            self._close()
            self._events.append(Exiting("auth-failure", exit_code=0))

    def _take_auth_pending(self, peer: Peer, text: str, now: float) -> None:
        seconds = messages.pending_timeout(text) or self._options.tls.hand_window
        cap = max(self._options.tls.reneg_sec // 2, self._options.tls.hand_window)
        seconds = min(seconds, cap)
        hand_window = self._options.tls.hand_window
        self._log.info(
            "AUTH_PENDING received, extending handshake timeout from %ds to %ds",
            hand_window,
            seconds,
        )
        self._push_until = now + seconds
        if peer.session.primary is not None:
            peer.session.primary.extend_deadline(now + seconds)

    def _request_push(self, peer: Peer, now: float) -> None:
        if now >= self._push_until:
            seconds = self._options.tls.hand_window
            self._log.error("No reply from server to push requests in %ds", seconds)
            self._end_attempt("no-push-reply", now)
            return
        self._log.log(NOTICE, "SENT CONTROL [%s]: 'PUSH_REQUEST' (status=1)", peer.common_name)
        peer.session.send_message(messages.PUSH_REQUEST)
        self._push_request_at = now + PUSH_REQUEST_INTERVAL

    def _take_push(self, peer: Peer, text: str, now: float) -> None:
        pushed = self._push.feed(text)
        if pushed is None or peer.agreement is not None or peer.session.remote is None:
            return
        self._push_request_at = None
        try:
            options = parse.merge(self._options, pushed)
        except ConfigError as problem:
            self._log.error("OPTIONS ERROR: failed to import the server's options: %s", problem)
            self._end_attempt("process-push-msg-failed", now)
            return
        agreement = negotiate.client_agreement(options, peer.session.remote.options_string)
        if agreement is None:
            self._log.error(
                "OPTIONS ERROR: failed to negotiate cipher with server.  Add the server's cipher "
                "('%s') to --data-ciphers (currently '%s') if you want to connect to this server.",
                options.push.cipher or "none",
                ":".join(self._options.data.data_ciphers),
            )
            self._end_attempt("process-push-msg-failed", now)
            return
        self._tunnel_options = options
        peer.configure(options)
        peer.keepalive.configure(options.link.ping, options.link.ping_restart, now)
        peer.agree(agreement, now)
        self._log.info(
            "Timers: ping %d, ping-restart %d", options.link.ping, options.link.ping_restart
        )
        self._attempts = 0
        self._events.append(TunnelUp(options))
