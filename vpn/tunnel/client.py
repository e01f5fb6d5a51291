"""The client: one server, and what that may tell it."""

from __future__ import annotations

from collections.abc import Callable

from vpn.config.options import Options
from vpn.errors import NegotiationError
from vpn.events import Address, Event, Exiting, TunnelUp
from vpn.hooks import Hooks
from vpn.trace import Tracer
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.one_remote import OneRemote
from vpn.tunnel.peer import Peer
from vpn.tunnel.pull import Pull
from vpn.tunnel.verdicts import Exit, Refused, Restart, Wait, told, verdict
from vpn.wire import messages
from vpn.wire.opcodes import OPCODE_SHIFT, P_DATA_V1, P_DATA_V2


class Client(OneRemote):
    """A client endpoint: pulls its options from a server."""

    def __init__(
        self,
        options: Options,
        random_bytes: Callable[[int], bytes],
        wall_clock: Callable[[], float],
        tracer: Tracer | None = None,
        hooks: Hooks | None = None,
    ) -> None:
        super().__init__(options, random_bytes, wall_clock, tracer, hooks)
        self._pull = Pull(options, self.credentials, self._log)

    def next_deadline(self) -> float | None:
        """When `handle_deadline` wants to be called."""
        return earliest(super().next_deadline(), self._pull.deadline if self.peer else None)

    def handle_deadline(self, now: float) -> None:
        """Let time pass."""
        super().handle_deadline(now)
        if self.peer is None:
            return
        try:
            self._pull.handle_deadline(self.peer, now)
        except NegotiationError as problem:
            self._give_up(problem, now)

    def events(self) -> list[Event]:
        """What happened since the last call, and what a negotiation waits for."""
        question = self.credentials.take_question()
        return [*super().events(), *([question] if question else [])]

    def link_ready(self, address: Address, now: float) -> None:
        """The link is open: begin the handshake."""
        self._pull = Pull(self._options, self.credentials, self._log)
        super().link_ready(address, now)

    def set_credentials(self, username: str, password: str, response: str = "") -> None:
        """The answer to `CredentialsWanted`: the attempt goes on."""
        self.credentials.set(username, password, response)
        if self.credentials.is_missing:
            self._events.append(Exiting("auth-failure"))
        elif self.peer is not None:
            self.peer.session.go_on()
        else:
            self._open_link()

    def _open_link(self) -> None:
        if self.credentials.is_missing:
            self._events.append(self.credentials.wanted)
        else:
            super()._open_link()

    def _receive(self, datagram: bytes, address: Address, now: float) -> bytes | None:
        if (peer := self.peer) is None:
            return None
        self._expect(peer, address)
        opcode = datagram[0] >> OPCODE_SHIFT if datagram else 0
        if opcode in (P_DATA_V2, P_DATA_V1):
            return self._open(peer, datagram, address, now)
        peer.receive_control(datagram, now)
        self.remotes.heard()
        if peer.is_authenticated:
            self._pull.begin(now)
        return None

    # -- what the server says ------------------------------------------------------------------

    def _handle_message(self, peer: Peer, text: str, now: float) -> None:
        if text.partition(",")[0] in (messages.PUSH_REPLY, messages.PUSH_UPDATE):
            self._take_push(peer, text, now)
            return
        self._events += told(text)
        match verdict(text, self._options.tls, self._log):
            case Restart(reason, advance, at_least):
                self._end_attempt(reason, now, advance=advance, at_least=at_least)
            case Refused(reason) if self.credentials.refused(reason):
                self._end_attempt("auth-failure", now, advance=False)
            case Refused():
                self._exit(Exiting("auth-failure"))
            case Exit(reason):
                self._exit(Exiting(reason))
            case Wait(seconds):
                self._pull.extend(seconds, now)
                peer.session.extend_deadline(now + seconds)

    def _take_push(self, peer: Peer, text: str, now: float) -> None:
        try:
            pulled = self._pull.receive(peer, text)
        except NegotiationError as problem:
            self._give_up(problem, now)
            return
        if pulled is None:
            return
        self._tunnel_options = pulled.options
        self.remotes.succeeded()
        peer.agree(pulled.options, pulled.agreement, now)
        self._events.append(TunnelUp(pulled.options))
