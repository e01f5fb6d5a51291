"""What every endpoint with one remote at a time does: attempts, pauses, goodbyes.

Before: system/tun.py Tun.read_batch
After: tunnel/carrier.py Carrier.encapsulate

The shell opens links when asked to (`OpenLink`); everything else about an attempt (time limits,
pauses, which remote comes next) is decided here. What is said on a link, and to whom, belongs to
tunnel/client.py, tunnel/point_to_point.py and tunnel/static_end.py.
"""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable

from vpn.config.options import Options
from vpn.data import no_route
from vpn.errors import Drop, NegotiationError, PacketError
from vpn.events import (
    Address,
    CloseLink,
    Event,
    Exiting,
    ForTun,
    Incoming,
    Outgoing,
    Restarting,
)
from vpn.hooks import Hooks
from vpn.trace import NOTICE, NullTracer, PeerLog, Tracer
from vpn.tunnel import shape
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.drops import TLS, log_drop, stream_ending
from vpn.tunnel.farewell import Farewell
from vpn.tunnel.peer import Peer
from vpn.tunnel.remotes import SERVER_POLL, Remotes
from vpn.tunnel.sessions import Peers, SessionMaker
from vpn.tunnel.status import Status
from vpn.wire.opcodes import is_data


class OneRemote(ABC):
    """An endpoint with one remote. Sans-IO: time comes in as `now`, bytes as lists."""

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
        self.peer: Peer | None = None
        # As configured, those of the connection in use, those that the tunnel has.
        self._common = self._options = self._tunnel_options = options
        self._sessions = self._peers(random_bytes, wall_clock, hooks)
        self.credentials = self._sessions.credentials
        self._log = PeerLog(logging.getLogger("vpn.client"))
        self._events: list[Event] = []
        self.remotes = Remotes(options.link, random_bytes)
        self._farewell = Farewell()
        self._tun_read = self._tun_write = 0
        self._has_heard = False  # on the control channel, since datagrams_to_send

    def _peers(
        self, random_bytes: Callable[[int], bytes], wall_clock: Callable[[], float],
        hooks: Hooks | None,
    ) -> Peers:  # fmt: skip
        """Who makes the peers; building it checks what they are made of."""
        tracer, drops, is_server = self._tracer, self.drops, self._common.tls.is_server
        return SessionMaker(
            self._common, random_bytes, wall_clock, hooks, tracer, drops, is_server=is_server
        )

    @abstractmethod
    def _receive(self, datagram: bytes, address: Address, now: float) -> bytes | None:
        """One datagram -> the packet for the tun, if there is one in it."""

    @abstractmethod
    def _handle_message(self, peer: Peer, text: str, now: float) -> None:
        """What the remote says on the control channel."""

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
        if self._tunnel_options.tun.block_ipv6:
            packets = self._without_ipv6(packets)
        return [(peer.address, peer.encapsulate(packets, now))] if packets else []

    def _without_ipv6(self, packets: list[bytes]) -> list[bytes]:
        options = self._tunnel_options
        source = no_route.source(options.tun)
        passing, answers = no_route.sift(packets, shape.ip_offset(options), source)
        self.drops[Drop.IPV6_BLOCKED] += len(packets) - len(passing)
        if answers:
            self._events.append(ForTun(answers))
        return passing

    def decapsulate(self, incoming: list[Incoming], now: float) -> list[bytes]:
        """link -> tun."""
        packets: list[bytes] = []
        for address, datagrams in incoming:
            packets += self._take(datagrams, address, now)
        if self.peer is not None and (self._has_heard or self.peer.has_left):
            self._after_batch(self.peer, now)
        self._tun_write += sum(map(len, packets))
        return packets

    def _take(self, datagrams: list[bytes], address: Address, now: float) -> list[bytes]:
        """All at once if they are data as it should be, else each by itself."""
        peer = self.peer
        if peer is not None and len(datagrams) > 1 and address == peer.address:
            opened = peer.decapsulate_batch(datagrams, now)
            if opened is not None:
                return opened
        packets = []
        for datagram in datagrams:
            self._has_heard |= not is_data(datagram)
            try:
                if (packet := self._receive(datagram, address, now)) is not None:
                    packets.append(packet)
            except PacketError as problem:
                self._drop(problem, address, now)
        return packets

    def datagrams_to_send(self, now: float) -> list[Outgoing]:
        """Whatever the tunnel itself has to say now: control packets, acks, pings."""
        self._has_heard = False
        if (peer := self.peer) is None:
            return []
        datagrams = peer.datagrams_to_send(now) + self._farewell.datagrams_to_send(peer, now)
        address = peer.address
        if peer.session.failure is not None:
            self._end_attempt(peer.session.failure.reason, now)
        return [(address, datagrams)] if datagrams else []

    @property
    def is_stirred(self) -> bool:
        """Has more than data passed since `datagrams_to_send`? Data only moves deadlines away."""
        is_pressed = self.peer is not None and self.peer.wants_attention
        return self._has_heard or is_pressed or bool(self._events)

    def next_deadline(self) -> float | None:
        """When `handle_deadline` wants to be called."""
        peer_deadline = self.peer.next_deadline() if self.peer else None
        return earliest(peer_deadline, self.remotes.deadline, self._farewell.deadline)

    def handle_deadline(self, now: float) -> None:
        """Let time pass."""
        if self._farewell.is_over(now):
            self._exit(Exiting("exit-with-notification"))
        if self.remotes.is_due(now):
            self._open_link()
        if self.remotes.is_silent(now):
            self._log.log(NOTICE, "Server poll timeout, restarting")
            self._end_attempt(SERVER_POLL, now)
        if (peer := self.peer) is None:
            return
        peer.handle_deadline(now)
        if (ending := peer.ending(now)) is not None:
            self._log.log(NOTICE, "%s", ending.words)
            if ending.is_final:
                self._leave(Exiting(ending.reason), now)
            else:
                self._end_attempt(ending.reason, now)

    def events(self) -> list[Event]:
        """What happened since the last call."""
        happened, self._events = self._events, []
        return happened

    # -- the shell's news ----------------------------------------------------------------------

    def link_ready(self, address: Address, now: float) -> None:
        """The link is open: begin the handshake."""
        self.peer = self._sessions.peer(self._log, address, now)
        self.remotes.linked(now)
        self.peer.session.connect(now)

    def link_lost(self, address: Address | None, reason: str, now: float) -> None:
        """The link could not be opened, or broke."""
        self._end_attempt(reason, now)

    def tunnel_ready(self, now: float) -> None:
        """The shell has configured the tun."""
        if self.peer is not None:
            self.peer.connected_at = now

    def restart(self, reason: str, now: float) -> None:
        """SIGUSR1: begin again, with the same remote."""
        self._end_attempt(reason, now, source="soft" if reason else "hard", advance=False)

    def stop(self, now: float) -> None:
        """SIGTERM: say goodbye if asked to, then exit."""
        self._leave(Exiting("", source="hard"), now)

    def status(self, now: float) -> Status:
        """Figures for SIGUSR2."""
        peer, local = self.peer, self._tunnel_options.tun.ifconfig
        peers = [peer.status(local[0] if local else "", now)] if peer and peer.agreement else []
        received, sent = (peer.bytes_received, peer.bytes_sent) if peer else (0, 0)
        return Status(peers, self._tun_read, self._tun_write, received, sent, dict(self.drops))

    def describe_remote(self) -> dict[str, str]:
        """What scripts are told of who is at the other end."""
        if (peer := self.peer) is None or peer.negotiated is None:
            return {}
        return {"common_name": peer.common_name, **peer.negotiated.engine.environment}

    # -- one attempt ---------------------------------------------------------------------------

    def _open_link(self) -> None:
        self._events.append(self.remotes.open())
        self._options = self.remotes.connection.options or self._common
        self._sessions.use(self._options)

    def _close(self) -> None:
        if self.peer is not None:
            self._events.append(CloseLink(self.peer.address))
        self.peer = None

    def _leave(self, exiting: Exiting, now: float) -> None:
        configured, pushed = self._options.link, self._tunnel_options.link
        wait = max(configured.explicit_exit_notify, pushed.explicit_exit_notify)
        if not self._farewell.begin(self.peer, wait, now):
            self._exit(exiting)

    def _exit(self, exiting: Exiting) -> None:
        self._farewell.cancel()
        self._close()
        self._events.append(exiting)

    def _give_up(self, problem: NegotiationError, now: float) -> None:
        self._log.error("%s", problem)
        self._end_attempt(problem.reason, now)

    def _end_attempt(
        self, reason: str, now: float, *, source: str = "soft",
        advance: bool | None = None, at_least: float = 0.0,
    ) -> None:  # fmt: skip
        """Close the link and pause; by default a remote that never came up is left for the next."""
        is_final = reason == TLS[0] and self._options.tls.tls_exit
        if is_final or self._farewell.deadline is not None:
            self._exit(Exiting(reason if is_final else "exit-with-notification"))
            return
        was_connected = self.peer is not None and self.peer.channel.is_ready
        self._close()
        if advance if advance is not None else not was_connected and source == "soft":
            self.remotes.advance()
        pause = self.remotes.pause(reason, now, at_least)
        self._events.append(Restarting(reason, pause, source=source))

    def _expect(self, peer: Peer, address: Address) -> None:
        """PacketError if nothing of this peer should come from there."""
        if address != peer.address and not self._options.link.float_:
            raise PacketError(Drop.WRONG_ADDRESS, str(peer.address))

    def _open(self, peer: Peer, datagram: bytes, address: Address, now: float) -> bytes | None:
        """A data packet; a peer that sends genuine ones from elsewhere is there now."""
        packet = peer.decapsulate(datagram, now)
        if address != peer.address:
            peer.follow(address)
        return packet

    def _drop(self, problem: PacketError, address: Address, now: float) -> None:
        self.drops[problem.reason] += 1
        mute = self._options.data.mute_replay_warnings
        log_drop(self._log, problem, address, mute=mute, tracer=self._tracer, now=now)
        if (ending := stream_ending(problem, address)) is not None:
            self._log.log(NOTICE, "%s", ending[1])
            self._end_attempt(ending[0], now)

    def _after_batch(self, peer: Peer, now: float) -> None:
        for text in peer.session.take_messages():
            if self.peer is peer:
                self._handle_message(peer, text, now)
        if self.peer is peer and peer.has_left:
            self._end_attempt("remote-exit", now)
