"""The server: many peers, one tun, and the table between them.

Before: system/tun.py Tun.read_batch
After: tunnel/peer.py Peer.encapsulate

A datagram finds its peer by peer id (P_DATA_V2), by session id (control), or by address
(P_DATA_V1); a packet of the tun finds it by its inner destination (tunnel/switch.py).
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable

from vpn.config.options import Options
from vpn.errors import Drop, PacketError
from vpn.events import (
    Address,
    CloseLink,
    Event,
    Exiting,
    Incoming,
    Outgoing,
    PeerJoined,
    PeerLeft,
    TunnelUp,
)
from vpn.trace import NOTICE, NullTracer, PeerLog, Tracer
from vpn.tunnel.admission import Admission
from vpn.tunnel.clients import ClientEntry, ClientTable
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.newcomers import Newcomers
from vpn.tunnel.peer import check_size
from vpn.tunnel.sessions import SessionMaker
from vpn.tunnel.status import PeerStatus, Status
from vpn.tunnel.switch import InnerSwitch
from vpn.wire import data, messages
from vpn.wire.control import SESSION_ID_SIZE
from vpn.wire.opcodes import OPCODE_SHIFT, P_DATA_V1, P_DATA_V2

DELAYED_EXIT = 5.0  # seconds a client is kept after EXIT or AUTH_FAILED
PUSH_REPEAT = 30.0  # seconds in which a repeated PUSH_REQUEST is passed over

log = logging.getLogger("vpn.server")


class Server:
    """A server endpoint. Sans-IO: time comes in as `now`, bytes as lists."""

    def __init__(
        self,
        options: Options,
        random_bytes: Callable[[int], bytes],
        wall_clock: Callable[[], float],
        tracer: Tracer | None = None,
    ) -> None:
        self.drops: Counter[Drop] = Counter()
        self.tracer = tracer or NullTracer()
        self.clients = ClientTable(options.server.max_clients)
        self._options = options
        self._log = PeerLog(log)
        sessions = SessionMaker(options, random_bytes, wall_clock, is_server=True)
        self._newcomers = Newcomers(options, sessions, self.clients, random_bytes)
        self._admission = Admission(options)
        self._switch = InnerSwitch(options, self.drops)
        self._events: list[Event] = []
        self._outbox: list[Outgoing] = []
        self._waiting: dict[Address, float] = {}  # TCP connections without a session: close at
        self._exit_at: float | None = None
        self._tun_read = self._tun_write = self._link_read = self._link_write = 0

    # -- the seven verbs -----------------------------------------------------------------------

    def start(self, now: float) -> None:
        """The server's own tunnel settings are known from the start."""
        self._events.append(TunnelUp(self._options))

    def encapsulate(self, packets: list[bytes], now: float) -> list[Outgoing]:
        """tun -> link: each packet to the client its destination belongs to."""
        outgoing = []
        for entry, batch in self._switch.from_tun(packets, self.clients).items():
            outgoing.append((entry.peer.address, entry.peer.encapsulate(batch, now)))
            entry.peer.end_of_batch(now)
        self._tun_read += sum(map(len, packets))
        return outgoing

    def decapsulate(self, datagrams: list[Incoming], now: float) -> list[bytes]:
        """link -> tun."""
        packets: list[bytes] = []
        touched: set[ClientEntry] = set()
        for datagram, address in datagrams:
            try:
                entry = self._receive(datagram, address, now, packets)
            except PacketError as problem:
                self._drop(problem, address, now)
            else:
                if entry is not None:
                    touched.add(entry)
        for entry in touched:
            self._after_batch(entry, now)
        self._tun_write += sum(map(len, packets))
        return packets

    def datagrams_to_send(self, now: float) -> list[Outgoing]:
        """Stateless resets, forwarded packets, and every client's control packets and pings."""
        outgoing, self._outbox = self._outbox, []
        for entry in self.clients:
            datagrams = entry.peer.datagrams_to_send(now)
            if datagrams:
                outgoing.append((entry.peer.address, datagrams))
            failure = entry.peer.session.failure
            if failure is not None:
                self._remove(entry, failure.reason, now)
        return outgoing

    def next_deadline(self) -> float | None:
        """When `handle_deadline` wants to be called."""
        deadlines = [entry.peer.next_deadline() for entry in self.clients]
        deadlines += [entry.kill_at for entry in self.clients]
        return earliest(*deadlines, *self._waiting.values(), self._exit_at)

    def handle_deadline(self, now: float) -> None:
        """Let time pass for every client."""
        if self._exit_at is not None and now >= self._exit_at:
            self._exit_at = None
            self._events.append(Exiting("exit-with-notification"))
        for address, close_at in list(self._waiting.items()):
            if now >= close_at:
                del self._waiting[address]
                self._events.append(CloseLink(address))
        for entry in self.clients:
            entry.peer.handle_deadline(now)
            if entry.kill_at is not None and now >= entry.kill_at:
                self._remove(entry, entry.kill_reason, now)
            elif entry.peer.keepalive.timed_out(now) and entry.admitted:
                entry.peer.log.log(
                    NOTICE, "[%s] Inactivity timeout (--ping-restart), restarting", entry.name
                )
                self._remove(entry, "ping-restart", now)

    def events(self) -> list[Event]:
        """What happened since the last call."""
        happened, self._events = self._events, []
        return happened

    # -- the shell's news ----------------------------------------------------------------------

    def link_ready(self, address: Address, now: float) -> None:
        """A TCP connection was accepted; it has the hand-window to begin a session."""
        self._waiting[address] = now + self._options.tls.hand_window

    def link_lost(self, address: Address | None, reason: str, now: float) -> None:
        """A TCP connection is gone."""
        if address is None:
            return
        self._waiting.pop(address, None)
        for entry in self.clients:
            if entry.peer.address == address:
                entry.peer.log.log(NOTICE, "Connection reset, restarting [0]")
                self._remove(entry, reason, now)

    def tunnel_ready(self, now: float) -> None:
        """The shell has configured the tun."""

    def restart(self, reason: str, now: float) -> None:
        """SIGUSR1: drop every client; they come back by themselves."""
        for entry in self.clients:
            self._remove(entry, reason, now)

    def stop(self, now: float) -> None:
        """SIGTERM: tell the clients if asked to, then exit."""
        wait = self._options.link.explicit_exit_notify
        if not wait or not any(entry.admitted for entry in self.clients):
            self._events.append(Exiting("", source="hard"))
            return
        self._log.log(NOTICE, "SIGTERM received, sending exit notification to clients")
        for entry in self.clients:
            entry.peer.session.send_message("RESTART,[N]" if wait == 2 else messages.RESTART)
        self._exit_at = now + 1

    def status(self, now: float) -> Status:
        """Figures for SIGUSR2 and the status file."""
        peers = [
            PeerStatus(
                entry.peer.address,
                entry.name,
                str(entry.address or ""),
                entry.peer.bytes_received,
                entry.peer.bytes_sent,
                entry.peer.connected_at or now,
                entry.peer.agreement.cipher if entry.peer.agreement else "",
            )
            for entry in self.clients
        ]
        return Status(
            peers,
            self._tun_read,
            self._tun_write,
            sum(peer.bytes_received for peer in peers),
            sum(peer.bytes_sent for peer in peers),
            dict(self.drops),
        )

    # -- inbound -------------------------------------------------------------------------------

    def _receive(
        self, datagram: bytes, address: Address, now: float, packets: list[bytes]
    ) -> ClientEntry | None:
        opcode = datagram[0] >> OPCODE_SHIFT if datagram else 0
        if opcode in (P_DATA_V2, P_DATA_V1):
            entry = self._find_by_data(datagram, address, opcode)
            packet = entry.peer.decapsulate(datagram, now)
            if address != entry.peer.address:
                self._float(entry, address)
            if packet is not None:
                self._forward(packet, entry, now, packets)
            return entry
        entry_or_none = self.clients.by_session(address, datagram[1 : 1 + SESSION_ID_SIZE])
        if entry_or_none is None:
            return self._receive_unknown(datagram, address, now)
        entry_or_none.peer.receive_control(datagram, now)
        return entry_or_none

    def _find_by_data(self, datagram: bytes, address: Address, opcode: int) -> ClientEntry:
        check_size(datagram)
        entry = None
        if opcode == P_DATA_V2:
            entry = self.clients.by_peer_id.get(data.peer_id(datagram))
        else:
            entry = self.clients.by_address(address)
        if entry is None or bool(address.connection) != bool(entry.peer.address.connection):
            raise PacketError(Drop.UNKNOWN_PEER, str(address))
        if not entry.peer.channel.is_ready:
            raise PacketError(Drop.KEY_NOT_READY, str(address))
        return entry

    def _float(self, entry: ClientEntry, address: Address) -> None:
        """A genuine packet came from a new address: answer there from now on."""
        for other in self.clients:
            if other is not entry and other.peer.address == address and other.admitted:
                self._log.log(
                    NOTICE, "Disallow float to an address taken by another client %s", address
                )
                return
        old = entry.peer.address
        entry.peer.log.log(NOTICE, "peer %d floated from %s to %s", entry.peer_id, old, address)
        self.clients.move(entry, address)

    def _forward(self, packet: bytes, entry: ClientEntry, now: float, packets: list[bytes]) -> None:
        to_tun, others = self._switch.from_client(packet, entry, self.clients)
        if to_tun:
            packets.append(packet)
        for other in others:
            self._outbox.append((other.peer.address, other.peer.encapsulate([packet], now)))

    def _receive_unknown(self, datagram: bytes, address: Address, now: float) -> ClientEntry | None:
        """A control packet of no known session: a new client, or nothing."""
        answer, entry = self._newcomers.receive(datagram, address, now)
        if answer is not None:
            self._outbox.append((address, [answer]))
        if entry is not None:
            self._waiting.pop(address, None)
        return entry

    def _drop(self, problem: PacketError, address: Address, now: float) -> None:
        self.drops[problem.reason] += 1
        if problem.reason in (Drop.UNWRAP, Drop.CONTROL_REPLAY):
            self._log.log(NOTICE, "TLS Error: %s from %s", problem.detail, address)
        else:
            self._log.debug("%s: dropped: %s", address, problem)
        if address.connection and problem.reason in (Drop.AUTH, Drop.REPLAY, Drop.UNWRAP):
            self._events.append(CloseLink(address))
            self.link_lost(address, "decryption-error", now)

    # -- clients -------------------------------------------------------------------------------

    def _after_batch(self, entry: ClientEntry, now: float) -> None:
        """A client sent something: admit it, read its messages, watch its limits."""
        peer = entry.peer
        if peer.is_authenticated and not entry.admitted and entry.kill_at is None:
            self._admit(entry, now)
        for text in peer.session.take_messages():
            self._handle_message(entry, text, now)
        if peer.has_left and entry.kill_at is None:
            self._remove(entry, "remote-exit", now)
            return
        peer.end_of_batch(now)

    def _handle_message(self, entry: ClientEntry, text: str, now: float) -> None:
        name = text.partition(",")[0]
        entry.peer.log.info("PUSH: Received control message: '%s'", text)
        if name == messages.PUSH_REQUEST:
            if entry.admitted and now >= entry.push_blocked_until:
                self._push(entry, now)
        elif name == messages.EXIT:
            entry.peer.log.log(NOTICE, "Delayed exit in %d seconds", DELAYED_EXIT)
            self._kill_later(entry, "remote-exit", now)

    def _admit(self, entry: ClientEntry, now: float) -> None:
        peer = entry.peer
        assert peer.session.remote is not None
        peer.log.prefix = f"{peer.common_name}/{peer.log.prefix}"
        if not self._options.server.duplicate_cn:
            self._drop_older(entry, now)
        admitted = self._admission.admit(peer.session.remote, peer.common_name, entry.peer_id)
        if isinstance(admitted, str):
            self._refuse(entry, admitted, now)
            return
        entry.admitted = True
        entry.address, entry.replies = admitted.address, admitted.replies
        peer.connected_at = now
        peer.log.log(NOTICE, "MULTI_sva: pool returned IPv4=%s, IPv6=(Not enabled)", entry.address)
        if entry.address is not None:
            self._switch.assign(entry, entry.address)
        peer.agree(admitted.agreement, now)
        if admitted.wants_push_at_once:
            self._push(entry, now)
        self._events.append(PeerJoined(peer.address, entry.name, str(entry.address or "")))

    def _refuse(self, entry: ClientEntry, text: str, now: float) -> None:
        if text:
            entry.peer.log.log(NOTICE, "PUSH: No common cipher between server and client")
        else:
            entry.peer.log.log(NOTICE, "MULTI: no free --ifconfig-pool addresses are available")
        failed = f"{messages.AUTH_FAILED},{text}" if text else messages.AUTH_FAILED
        entry.peer.session.send_message(failed)
        self._kill_later(entry, "auth-failure", now)

    def _drop_older(self, entry: ClientEntry, now: float) -> None:
        for other in self.clients:
            if other is not entry and other.admitted and other.name == entry.name:
                self._log.log(
                    NOTICE,
                    "MULTI: new connection by client '%s' will cause previous active sessions by "
                    "this client to be dropped.  Remember to use the --duplicate-cn option if you "
                    "want multiple clients using the same certificate or username to concurrently "
                    "connect.",
                    entry.name,
                )
                self._remove(other, "duplicate-cn", now)

    def _push(self, entry: ClientEntry, now: float) -> None:
        entry.push_blocked_until = now + PUSH_REPEAT
        for text in entry.replies:
            entry.peer.log.info("SENT CONTROL [%s]: '%s' (status=1)", entry.name, text)
            entry.peer.session.send_message(text)

    def _kill_later(self, entry: ClientEntry, reason: str, now: float) -> None:
        entry.kill_at = now + DELAYED_EXIT
        entry.kill_reason = reason

    def _remove(self, entry: ClientEntry, reason: str, now: float) -> None:
        entry.peer.log.log(NOTICE, "SIGTERM[soft,%s] received, client-instance exiting", reason)
        self.clients.remove(entry)
        self._switch.forget(entry)
        self._admission.release(entry.address, now)
        if entry.peer.address.connection:
            self._events.append(CloseLink(entry.peer.address))
        if entry.admitted:
            self._events.append(PeerLeft(entry.peer.address, entry.name, reason))
