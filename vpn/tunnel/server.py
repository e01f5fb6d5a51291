"""The server: many peers, one tun, and the table between them.

Before: system/tun.py Tun.read_batch
After: tunnel/carrier.py Carrier.encapsulate

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
    Decision,
    Event,
    Exiting,
    Incoming,
    Outgoing,
    TunnelUp,
)
from vpn.hooks import Hooks, NullHooks
from vpn.trace import NOTICE, NullTracer, PeerLog, Tracer
from vpn.tunnel import push_update
from vpn.tunnel.agenda import Agenda
from vpn.tunnel.approval import Approval
from vpn.tunnel.clients import ClientEntry, ClientTable
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.drops import log_drop, stream_ending
from vpn.tunnel.inbound import Greeted, Inbound
from vpn.tunnel.membership import RESTARTING, Membership
from vpn.tunnel.newcomers import Newcomers
from vpn.tunnel.sessions import SessionMaker
from vpn.tunnel.status import Status
from vpn.tunnel.switch import InnerSwitch
from vpn.wire import messages

log = logging.getLogger("vpn.server")


class Server:
    """A server endpoint. Sans-IO: time comes in as `now`, bytes as lists."""

    def __init__(
        self,
        options: Options,
        random_bytes: Callable[[int], bytes],
        wall_clock: Callable[[], float],
        tracer: Tracer | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        self.drops: Counter[Drop] = Counter()
        self._tracer = tracer or NullTracer()
        self.clients = ClientTable(options.server.max_clients)
        self._agenda = Agenda(self.clients)
        self._options = options
        self._log = PeerLog(log)
        hooks = hooks or NullHooks()
        sessions = SessionMaker(
            options, random_bytes, wall_clock, hooks, self._tracer, self.drops, is_server=True
        )
        self._newcomers = Newcomers(options, sessions, self.clients, random_bytes)
        self._events: list[Event] = []
        self._switch = InnerSwitch(options, self.drops, hooks)
        approval = Approval(options, random_bytes, wall_clock)
        self._members = Membership(
            options, self.clients, self._switch, approval, wall_clock, self._events
        )
        self.pool = self._members.admission.pool
        self._waiting: dict[Address, float] = {}  # TCP connections without a session: close at
        self._inbound = Inbound(
            options, self.clients, self._switch, self._agenda, self._members, self._receive_unknown,
            self._drop,
        )  # fmt: skip
        self._exit_at: float | None = None
        self._forgets_at: float | None = None  # the switch's deadline, as it was told of
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
            if entry.peer.wants_attention:
                self._agenda.touch(entry)
        self._tun_read += sum(map(len, packets))
        return outgoing

    def decapsulate(self, incoming: list[Incoming], now: float) -> list[bytes]:
        """link -> tun."""
        packets, touched = self._inbound.take(incoming, now)
        for entry in touched:
            self._members.after_batch(entry, now)
        self._tun_write += sum(map(len, packets))
        return packets

    def datagrams_to_send(self, now: float) -> list[Outgoing]:
        """Stateless resets, forwarded packets, and the clients' control packets and pings."""
        outgoing = self._inbound.datagrams_to_send()
        for entry in self._agenda.speakers(now):
            datagrams = entry.peer.datagrams_to_send(now)
            if datagrams:
                outgoing.append((entry.peer.address, datagrams))
            failure = entry.peer.session.failure
            if failure is not None:
                self._members.remove(entry, failure.reason, now)
        return outgoing

    @property
    def is_stirred(self) -> bool:
        """Has more than data passed since `datagrams_to_send`? Data only moves deadlines away.

        But for the first MAC that is learned: from now on there are some to forget.
        """
        has_said = self._agenda.has_speakers or self._inbound.has_to_send
        return has_said or bool(self._events) or self._switch.deadline != self._forgets_at

    def next_deadline(self) -> float | None:
        """When `handle_deadline` wants to be called."""
        self._forgets_at = self._switch.deadline
        own = self._forgets_at, self._exit_at, *self._waiting.values()
        return earliest(self._agenda.next_deadline(), *own)

    def handle_deadline(self, now: float) -> None:
        """Let time pass, for those clients that wait for it."""
        if self._exit_at is not None and now >= self._exit_at:
            self._exit_at = None
            self._events.append(Exiting("", source="hard"))
        for address, close_at in list(self._waiting.items()):
            if now >= close_at:
                del self._waiting[address]
                self._events.append(CloseLink(address))
        self._switch.handle_deadline(now)
        for entry in self._agenda.due(now):
            entry.peer.handle_deadline(now)
            self._members.handle_deadline(entry, now)

    def events(self) -> list[Event]:
        """What happened since the last call."""
        happened = list(self._events)
        self._events.clear()  # the list is shared with the membership
        return happened

    # -- the shell's news ----------------------------------------------------------------------

    def link_ready(self, address: Address, now: float) -> None:
        """A TCP connection was accepted; it has the hand-window to begin a session."""
        self._waiting[address] = now + self._options.tls.hand_window

    def link_lost(self, address: Address | None, reason: str, now: float) -> None:
        """A TCP connection is gone."""
        if address is None:
            return
        for entry in self.clients:
            if entry.peer.address == address:
                entry.peer.log.log(NOTICE, "Connection reset, restarting [0]")
        self._lose(address, reason, now)

    def _lose(self, address: Address, reason: str, now: float) -> None:
        if self._waiting.pop(address, None) is not None:
            PeerLog(log, address.short).log(NOTICE, RESTARTING, reason)
        for entry in self.clients:
            if entry.peer.address == address:
                self._members.remove(entry, reason, now)

    def tunnel_ready(self, now: float) -> None:
        """The shell has configured the tun."""

    def restart(self, reason: str, now: float) -> None:
        """SIGUSR1: drop every client; they come back by themselves."""
        for entry in self.clients:
            self._members.remove(entry, reason, now)

    def stop(self, now: float) -> None:
        """A signal: tell the clients if asked to, then exit (or restart: the shell knows)."""
        wait = self._options.link.explicit_exit_notify
        if not wait or not any(entry.admitted for entry in self.clients):
            self._events.append(Exiting("", source="hard"))
            return
        self._log.log(NOTICE, "Sending exit notification to clients")
        for entry in self.clients:
            entry.peer.session.send_message("RESTART,[N]" if wait == 2 else messages.RESTART)
            self._agenda.touch(entry)
        self._exit_at, self._newcomers.is_closed = now + 1, True

    def dismiss(self, entry: ClientEntry, now: float, message: str = "") -> None:
        """Somebody at the controls wants a client gone: at once, or with a message for it first."""
        self._members.dismiss(entry, now, message)
        self._agenda.touch(entry)

    def decide(self, client_id: int, decision: Decision, now: float) -> None:
        """The answer to `AdmissionWanted`; a client that has gone meanwhile needs none."""
        entry = self.clients.by_client_id.get(client_id)
        if entry is not None:
            self._members.decide(entry, decision, now)
            self._agenda.touch(entry)

    def ask_patience(self, client_id: int, seconds: int, text: str, now: float) -> None:
        """The answer to `AdmissionWanted` takes its time: the client should wait for it."""
        entry = self.clients.by_client_id.get(client_id)
        if entry is not None:
            self._members.ask_patience(entry, seconds, text, now)
            self._agenda.touch(entry)

    def push_update(self, text: str, client_id: int | None = None) -> int:
        """New options for one client, or for all of them; how many were told."""
        told = push_update.send(text, self.clients, client_id)
        for entry in told:
            self._agenda.touch(entry)
        return len(told)

    def status(self, now: float) -> Status:
        """Figures for SIGUSR2 and the status file."""
        peers = [entry.status(now) for entry in self.clients if entry.admitted]
        received = sum(peer.bytes_received for peer in peers)
        sent = sum(peer.bytes_sent for peer in peers)
        return Status(peers, self._tun_read, self._tun_write, received, sent, dict(self.drops))

    # -- inbound -------------------------------------------------------------------------------

    def _receive_unknown(self, datagram: bytes, address: Address, now: float) -> Greeted:
        """A control packet of no known session: a new client, or nothing."""
        answer, entry = self._newcomers.receive(datagram, address, now)
        if entry is not None:
            self._waiting.pop(address, None)
        return answer, entry

    def _drop(self, problem: PacketError, address: Address, now: float) -> None:
        self.drops[problem.reason] += 1
        mute = self._options.data.mute_replay_warnings
        peer_log = PeerLog(log, address.short) if address.connection else self._log
        log_drop(peer_log, problem, address, mute=mute, tracer=self._tracer, now=now)
        ending = stream_ending(problem, address)
        if ending is not None:
            peer_log.log(NOTICE, "%s", ending[1])
            self._events.append(CloseLink(address))
            self._lose(address, ending[0], now)
