"""One negotiation: reset, TLS handshake, exchange of key method 2 messages.

The states are the reference's; a server takes GOT_KEY before SENT_KEY, a client after it.

    INITIAL -> PRE_START    own reset queued
    PRE_START -> START      own reset acknowledged; TLS runs
    START -> SENT_KEY       own key message written                (server: GOT_KEY first)
    SENT_KEY -> GOT_KEY     the peer's key message read            (server: from GOT_KEY)
    -> ACTIVE               everything sent was acknowledged, or `answers_at_once`
    ACTIVE -> GENERATED_KEYS  the data keys exist
    any -> ERROR            [draft: key-state]
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum
from typing import TypeAlias

from vpn.control.reliable import ReliableReceiver, ReliableSender
from vpn.control.tls import TlsEngine
from vpn.errors import NegotiationError, PacketError, TlsError
from vpn.trace import NOTICE, PACKETS, PeerLog
from vpn.wire import key_method, messages, options_string, peer_info
from vpn.wire.control import ControlPacket
from vpn.wire.key_method import KeyMethodMessage
from vpn.wire.opcodes import Opcode


class State(Enum):
    """Where a negotiation stands."""

    INITIAL = "INITIAL"
    PRE_START = "PRE_START"
    START = "START"
    SENT_KEY = "SENT_KEY"
    GOT_KEY = "GOT_KEY"
    ACTIVE = "ACTIVE"
    GENERATED_KEYS = "GENERATED_KEYS"
    ERROR = "ERROR"


CLIENT_TRANSITIONS: dict[State, frozenset[State]] = {
    State.INITIAL: frozenset({State.PRE_START}),
    State.PRE_START: frozenset({State.START, State.ERROR}),
    State.START: frozenset({State.SENT_KEY, State.ERROR}),
    State.SENT_KEY: frozenset({State.GOT_KEY, State.ERROR}),
    State.GOT_KEY: frozenset({State.ACTIVE, State.ERROR}),
    State.ACTIVE: frozenset({State.GENERATED_KEYS, State.ERROR}),
    State.GENERATED_KEYS: frozenset({State.ERROR}),
    State.ERROR: frozenset(),
}
SERVER_TRANSITIONS: dict[State, frozenset[State]] = {
    **CLIENT_TRANSITIONS,
    State.INITIAL: frozenset({State.PRE_START, State.START}),  # START: after a stateless reset
    State.START: frozenset({State.GOT_KEY, State.ERROR}),
    State.GOT_KEY: frozenset({State.SENT_KEY, State.ERROR}),
    State.SENT_KEY: frozenset({State.ACTIVE, State.ERROR}),
}
# A client's user name and password; None while somebody is asked for them.
Login: TypeAlias = Callable[[], "tuple[str, str] | None"]

RESETS = frozenset(
    {
        Opcode.P_CONTROL_HARD_RESET_CLIENT_V2,
        Opcode.P_CONTROL_HARD_RESET_SERVER_V2,
        Opcode.P_CONTROL_SOFT_RESET_V1,
    }
)


@dataclass(frozen=True, slots=True)
class KeyStateLimits:
    """Seconds for a negotiation, seconds before a packet is repeated, a packet's size.

    less_in_second: bytes that the packet with id 1 must spare, besides. answers_at_once: a server's
    PUSH_REPLY goes with its key message, in one flight: the client reads it after that, and has
    no older key that it could still use. The hand-window runs until both are acknowledged.
    """

    hand_window: float
    tls_timeout: float
    max_payload: int  # bytes of TLS in one packet
    less_in_second: int = 0
    answers_at_once: bool = False


class KeyState:
    """One key id: its reliability layer, its TLS session, and how far they are."""

    def __init__(
        self,
        key_id: int,
        engine: TlsEngine,
        local: KeyMethodMessage,
        limits: KeyStateLimits,
        now: float,
        log: PeerLog,
        *,
        is_server: bool,
        login: Login = lambda: ("", ""),
    ) -> None:
        self.key_id = key_id
        self.engine = engine
        self.local = local
        self.remote: KeyMethodMessage | None = None
        self.created = now
        self.messages: list[str] = []
        self._waiting: list[str] = []  # messages of ours
        self.failure: NegotiationError | None = None
        self._hand_window = limits.hand_window
        self._must_finish: float | None = now + limits.hand_window
        self._interval = limits.tls_timeout
        self._max_payload = limits.max_payload
        self._max_second = max(limits.max_payload - limits.less_in_second, 1)
        self._answers_at_once = limits.answers_at_once
        self._log = log
        self._is_server = is_server
        self._login = login
        self._transitions = SERVER_TRANSITIONS if is_server else CLIENT_TRANSITIONS
        self._state = State.INITIAL
        self._heard = False
        self._may_send = False  # our reset was acknowledged: TLS may run, and say why it fails
        self.sender = ReliableSender(self._interval)
        self.receiver = ReliableReceiver()

    @property
    def state(self) -> State:
        """Where this negotiation stands."""
        return self._state

    @property
    def is_active(self) -> bool:
        """Are both key messages through?"""
        return self._state in (State.ACTIVE, State.GENERATED_KEYS)

    def _enter(self, state: State) -> None:
        """The only line that changes the state."""
        if state not in self._transitions[self._state]:
            raise NegotiationError(f"TLS Error: {self._state.value} can't become {state.value}")
        self._log.debug("TLS: key_id %d: %s -> %s", self.key_id, self._state.value, state.value)
        self._state = state
        if state is State.START:
            self._may_send = True

    def start(self, reset: Opcode) -> None:
        """Open the negotiation with our own reset."""
        self.sender.queue(reset, b"")
        self._enter(State.PRE_START)
        if not self._is_server:
            with contextlib.suppress(TlsError):  # the same comes again when the bytes are wanted
                self.engine.advance()  # the ClientHello is ready before it is its turn

    def start_after_stateless_reset(self) -> None:
        """Go on where cookie.py left off: both resets have crossed, ours is acknowledged."""
        self.sender = ReliableSender(self._interval, next_id=1)
        self.receiver = ReliableReceiver(next_id=1)
        self._enter(State.START)

    def mark_generated(self) -> None:
        """The data keys of this negotiation exist now."""
        self._enter(State.GENERATED_KEYS)

    def extend_deadline(self, deadline: float) -> None:
        """AUTH_PENDING: give the peer until `deadline`."""
        if self._must_finish is not None:
            self._must_finish = max(self._must_finish, deadline)

    def receive(self, packet: ControlPacket) -> bool:
        """Take one packet of this key id; False if it lies outside the receive window."""
        if not self._heard:
            self._heard = True
            self.sender.acknowledge(packet.acks)
            self.sender.hurry()
        else:
            self.sender.acknowledge(packet.acks)
        accepted = True
        if packet.packet_id is not None:
            accepted = self.receiver.receive(packet.packet_id, packet.opcode, packet.payload)
        self._advance()
        return accepted

    def go_on(self) -> None:
        """Somebody was asked for user name and password, and has answered."""
        self._advance()

    def send_message(self, text: str) -> None:
        """Queue a control-channel message; before the keys are through it waits for them."""
        if not self.is_active:
            self._waiting.append(text)
            return
        self.engine.write(messages.serialize(text))
        self.flush()

    def flush(self) -> None:
        """Move TLS bytes into the send window, as far as it has room."""
        if not self._may_send:
            return
        while self.sender.has_room:
            is_second = self.sender.next_id == 1
            payload = self.engine.take(self._max_second if is_second else self._max_payload)
            if not payload:
                return
            self.sender.queue(Opcode.P_CONTROL_V1, payload)

    def next_deadline(self) -> float | None:
        """The next repeat, or the end of the hand-window."""
        times = [self.sender.next_deadline(), self._must_finish]
        return min((time for time in times if time is not None), default=None)

    def handle_deadline(self, now: float) -> None:
        """Give up when the hand-window is over."""
        if self._must_finish is not None and now >= self._must_finish and self.failure is None:
            self.fail(
                NegotiationError(
                    "TLS Error: TLS key negotiation failed to occur within "
                    f"{self._hand_window:.0f} seconds (check your network connectivity)"
                )
            )

    def fail(self, problem: NegotiationError) -> None:
        """This negotiation is over; the session with it."""
        if not isinstance(problem, TlsError):  # OpenSSL's own words stand in the log already
            self._log.log(NOTICE, "%s", problem)
        self._log.log(NOTICE, "TLS Error: TLS handshake failed")
        self.failure = problem
        self._must_finish = None
        self._enter(State.ERROR)

    def _advance(self) -> None:
        """Feed TLS with what came in order, then take every step that is possible now."""
        if self._state is State.ERROR:
            return
        try:
            if self._state is State.PRE_START and self.sender.is_empty:
                self._enter(State.START)
            while (packet := self.receiver.pop()) is not None:
                opcode, payload = packet
                if opcode not in RESETS and payload:
                    self.engine.feed(payload)
            if self._state is not State.PRE_START:
                self.engine.advance()
                self._exchange_keys()
        except TlsError as problem:
            self._log.log(NOTICE, "OpenSSL: %s", problem)
            self._log.log(NOTICE, "TLS_ERROR: BIO read tls_read_plaintext error")
            self._log.log(NOTICE, "TLS Error: TLS object -> incoming plaintext read error")
            self.fail(problem)
        except PacketError as problem:
            self.fail(NegotiationError(f"TLS Error: {problem.detail}"))
        self.flush()  # also after a failure: the peer should get the TLS alert

    def _exchange_keys(self) -> None:
        if not self.engine.is_established:
            return
        if self._state is State.START and not self._is_server:
            login = self._login()
            if login is None:
                return  # `go_on` comes with the answer
            username, password = login
            message = replace(self.local, username=username, password=password)
            self.engine.write(key_method.serialize(message))
            self._enter(State.SENT_KEY)
        while record := self.engine.read():
            self._take_plaintext(record)
        self.flush()  # until our key message stands in the send window, an empty one says nothing
        has_both = self._state is (State.SENT_KEY if self._is_server else State.GOT_KEY)
        if has_both and (self.sender.is_empty or self._answers_at_once):
            self._enter(State.ACTIVE)
            while self._waiting:
                self.send_message(self._waiting.pop(0))
        if self.is_active and self.sender.is_empty:
            self._must_finish = None

    def _take_plaintext(self, record: bytes) -> None:
        if self.remote is not None:
            texts, refused, _ = messages.split(record)
            self.messages += texts
            for text in refused:
                self._log.warning("WARNING: Received control with invalid characters: %r", text)
            return
        self.remote = key_method.parse(record, from_client=self._is_server)
        self._show_remote(self.remote)
        self._enter(State.GOT_KEY)
        if self._is_server:
            self.engine.write(key_method.serialize(self.local))
            self._enter(State.SENT_KEY)

    def _show_remote(self, remote: KeyMethodMessage) -> None:
        """What the peer says of itself, and where its options differ."""
        for name, value in peer_info.parse(remote.peer_info).values.items():
            self._log.log(NOTICE, "peer info: %s=%s", name, value)
        for line in options_string.differences(self.local.options_string, remote.options_string):
            self._log.log(PACKETS, "%s", line)
