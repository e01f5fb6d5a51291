"""The control session with one peer: session ids, the newest key state and the one it replaces.

A session lives as long as both session ids do; renegotiations are new key states in it. Control
messages always travel on the newest. [draft: session, renegotiation]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from vpn.control.key_state import RESETS, KeyState, KeyStateLimits, Login, State
from vpn.control.reliable import MAX_PIGGYBACK_ACKS
from vpn.control.tls import TlsContext, TlsEngine
from vpn.control.tls_crypt import TlsCrypt
from vpn.control.wrap import Wrapper
from vpn.errors import Drop, NegotiationError, PacketError
from vpn.trace import PACKETS, PeerLog
from vpn.wire import control
from vpn.wire.control import HEADER_SIZE, MAX_ACKS, SESSION_ID_SIZE, ControlPacket
from vpn.wire.key_method import KeyMethodMessage, KeySource
from vpn.wire.opcodes import KEY_ID_MASK, Opcode, first_byte, next_key_id
from vpn.wire.static_key import KEY_SIZE

HARD_RESETS = RESETS - {Opcode.P_CONTROL_SOFT_RESET_V1}
BOTH_WAYS = frozenset({Opcode.P_CONTROL_SOFT_RESET_V1, Opcode.P_CONTROL_V1, Opcode.P_ACK_V1})
TO_SERVER = BOTH_WAYS | {Opcode.P_CONTROL_HARD_RESET_CLIENT_V2}
TO_CLIENT = BOTH_WAYS | {Opcode.P_CONTROL_HARD_RESET_SERVER_V2}

DYNAMIC_LABEL = b"EXPORTER-OpenVPN-dynamic-tls-crypt"
ACKS_AND_ID = 1 + 4 * MAX_PIGGYBACK_ACKS + SESSION_ID_SIZE + 4


@dataclass(frozen=True, slots=True)
class SessionConfig:
    """What every key state of a session is made from."""

    tls: TlsContext
    random_bytes: Callable[[int], bytes]
    options_string: str
    peer_info: str = ""
    login: Login = lambda: ("", "")
    hand_window: float = 60
    tran_window: float = 3600
    tls_timeout: float = 2
    max_datagram: int = 1222  # bytes
    reneg_after: float = 0  # seconds; 0: not by time
    unix_time: int = 0  # for the packet ids of wrappers
    is_symmetric: bool = False  # point-to-point: either side may speak first


def dynamic_key(export: Callable[[bytes, int], bytes], base: bytes | None) -> bytes:
    """The key of renegotiations, from the first TLS session and the static key, if there is one."""
    mixed = int.from_bytes(export(DYNAMIC_LABEL, KEY_SIZE)) ^ int.from_bytes(base or b"")
    return mixed.to_bytes(KEY_SIZE)


class ControlSession:
    """One control channel. Made with one of `connect`, `accept`, `accept_stateless`."""

    def __init__(
        self, config: SessionConfig, wrapper: Wrapper, local_session_id: bytes, log: PeerLog
    ) -> None:
        self._config = config
        self.random_bytes = config.random_bytes
        self.unix_time = config.unix_time
        self._wrapper = wrapper
        self._log = log
        self._first: TlsEngine | None = None  # it holds the key of the wrapper to come
        self._renegotiation_wrapper: Wrapper | None = None
        self._is_server = config.tls.is_server
        self.reneg_after = config.reneg_after
        # a server that wraps nothing may be one that takes no more than four
        is_plain_client = not self._is_server and not wrapper.overhead
        self._max_acks = MAX_PIGGYBACK_ACKS if is_plain_client else MAX_ACKS
        self.local_session_id = local_session_id
        self.remote_session_id = b""
        self.primary: KeyState | None = None
        self._lame_duck: KeyState | None = None
        self._lame_duck_until = 0.0

    # -- opening -------------------------------------------------------------------------------

    def connect(self, now: float) -> None:
        """Send a hard reset: the client, and point-to-point the server as well."""
        self.primary = self._new_key_state(0, now)
        opcodes = Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, Opcode.P_CONTROL_HARD_RESET_SERVER_V2
        self.primary.start(opcodes[self._is_server])

    def accept(self, datagram: bytes, now: float) -> None:
        """Server: answer a client's hard reset, of which the datagram is known to be one.

        Over TCP the stream proves the client's address; over UDP nothing does yet.
        """
        reset = control.parse(*self._wrapper.unwrap(datagram))
        self.remote_session_id = reset.session_id
        self.primary = self._new_key_state(0, now)
        self.primary.start(Opcode.P_CONTROL_HARD_RESET_SERVER_V2)
        self.primary.receive(reset)

    def accept_stateless(self, remote_session_id: bytes, now: float) -> None:
        """Server over UDP: the client has echoed the session id of our stateless reset."""
        self.remote_session_id = remote_session_id
        self._wrapper.skip()
        self.primary = self._new_key_state(0, now)
        self.primary.start_after_stateless_reset()

    def renegotiate(self, now: float) -> None:
        """Start a new negotiation in this session (soft reset), unless one is under way."""
        if self.primary is None or self.primary.state is not State.GENERATED_KEYS:
            return
        self._soft_reset(now)

    def protect_renegotiations(self) -> None:
        """Dynamic tls-crypt: from now on only who knows the first TLS session can renegotiate.

        Its key is exported there and mixed with the static key, if there is one; not before a
        renegotiation begins, as a client waits for its tunnel now.
        """
        if self.primary is not None and not self.primary.key_id:
            self._first = self.primary.engine

    def _wrapper_for(self, key_id: int) -> Wrapper:
        """A session's first negotiation is under the static key, if any."""
        if key_id and self._first is not None:
            key = dynamic_key(self._first.export, self._wrapper.material)
            timestamp, self._first = self._config.unix_time, None
            self._renegotiation_wrapper = TlsCrypt(key, timestamp, is_server=self._is_server)
        return (self._renegotiation_wrapper if key_id else None) or self._wrapper

    @property
    def remote(self) -> KeyMethodMessage | None:
        """What the peer said in the newest finished exchange."""
        return self.primary.remote if self.primary else None

    # -- inbound -------------------------------------------------------------------------------

    def receive(self, datagram: bytes, now: float) -> None:
        """Take one control datagram; PacketError if it can't be used."""
        key_id = datagram[0] & KEY_ID_MASK if datagram else 0
        packet = control.parse(*self._wrapper_for(key_id).unwrap(datagram))
        self._log.log(PACKETS, "< %s", packet)
        self.receive_packet(packet, now)

    def receive_packet(self, packet: ControlPacket, now: float) -> None:
        """Take one unwrapped packet."""
        self._check_session_ids(packet)
        if packet.opcode is Opcode.P_CONTROL_SOFT_RESET_V1:
            self._take_soft_reset(packet, now)
        for key_state in self._key_states():
            if key_state.key_id == packet.key_id:
                if not key_state.receive(packet):
                    raise PacketError(Drop.OUT_OF_WINDOW, str(packet.packet_id))
                return
        own = self.primary.key_id if self.primary else -1
        raise PacketError(Drop.UNKNOWN_KEY, f"control key ids {own}/{packet.key_id}")

    def _check_session_ids(self, packet: ControlPacket) -> None:
        if packet.acks and packet.remote_session_id != self.local_session_id:
            raise PacketError(Drop.UNKNOWN_SESSION, "acks are for another session")
        if packet.opcode not in (TO_SERVER if self._is_server else TO_CLIENT):
            role = Drop.WRONG_ROLE if packet.opcode in HARD_RESETS else Drop.UNKNOWN_OPCODE
            raise PacketError(role, f"op={packet.opcode.value}")
        is_hard = packet.opcode in HARD_RESETS
        if packet.opcode in RESETS and (packet.packet_id or (is_hard and packet.key_id)):
            raise PacketError(Drop.MALFORMED, "reset with an id")
        if is_hard and not self.remote_session_id and (packet.acks or self._config.is_symmetric):
            self.remote_session_id = packet.session_id
        if packet.session_id != self.remote_session_id:
            raise PacketError(Drop.UNKNOWN_SESSION, packet.session_id.hex())

    def _take_soft_reset(self, packet: ControlPacket, now: float) -> None:
        primary = self.primary
        if primary is None or packet.key_id != next_key_id(primary.key_id):
            return  # a repeat, or the answer to ours
        if primary.state is not State.GENERATED_KEYS:
            raise PacketError(Drop.KEY_NOT_READY, "soft reset before the keys")
        self._soft_reset(now)

    # -- outbound ------------------------------------------------------------------------------

    def to_send(self, now: float) -> list[bytes]:
        """Every control datagram that is due: repeats, new packets, acks."""
        datagrams: list[bytes] = []
        for key_state in self._key_states():
            key_state.flush()
            for packet in key_state.sender.due(now):
                acks = key_state.receiver.take_acks()
                datagrams.append(
                    self._wrap(key_state, packet.opcode, acks, packet.packet_id, packet.payload)
                )
            while key_state.receiver.pending_acks:
                acks = key_state.receiver.take_acks(self._max_acks)
                datagrams.append(self._wrap(key_state, Opcode.P_ACK_V1, acks, None, b""))
        return datagrams

    def _wrap(
        self,
        key_state: KeyState,
        opcode: Opcode,
        acks: tuple[int, ...],
        packet_id: int | None,
        payload: bytes,
    ) -> bytes:
        if self._log.isEnabledFor(PACKETS):
            remote = self.remote_session_id
            packet = ControlPacket(
                opcode, key_state.key_id, self.local_session_id, acks, remote, packet_id, payload
            )
            self._log.log(PACKETS, "> %s", packet)
        header = bytes((first_byte(opcode, key_state.key_id),)) + self.local_session_id
        rest = control.rest(acks, self.remote_session_id, packet_id, payload)
        return self._wrapper_for(key_state.key_id).wrap(header, rest)

    def send_message(self, text: str) -> None:
        """Queue a control-channel message on the newest key state: a peer reads no other."""
        if self.primary is not None:
            self.primary.send_message(text)

    # -- time ----------------------------------------------------------------------------------

    @property
    def failure(self) -> NegotiationError | None:
        """Why this session is over."""
        return self.primary.failure if self.primary else None

    def take_messages(self) -> list[str]:
        """Control-channel messages that came since the last call."""
        texts: list[str] = []
        for key_state in self._key_states():
            if key_state.is_active:
                texts += key_state.messages
                key_state.messages = []
        return texts

    def next_deadline(self) -> float | None:
        """The earliest of the key states' deadlines."""
        times = [key_state.next_deadline() for key_state in self._key_states()]
        if self._lame_duck is not None:
            times.append(self._lame_duck_until)
        return min((time for time in times if time is not None), default=None)

    def go_on(self) -> None:
        """The user's name and password are there now, for whatever waited for them."""
        for key_state in self._key_states():
            key_state.go_on()

    def extend_deadline(self, until: float) -> None:
        """The newest negotiation may take until then."""
        if self.primary is not None:
            self.primary.extend_deadline(until)

    def handle_deadline(self, now: float) -> None:
        """End the hand-window, drop an expired lame duck."""
        if self._lame_duck is not None and now >= self._lame_duck_until:
            self._lame_duck = None
            self._log.info("TLS: tls_process: killed expiring key")
        for key_state in self._key_states():
            key_state.handle_deadline(now)

    # -- key states ----------------------------------------------------------------------------

    def _key_states(self) -> list[KeyState]:
        return [state for state in (self.primary, self._lame_duck) if state is not None]

    def _soft_reset(self, now: float) -> None:
        assert self.primary is not None
        self._lame_duck = self.primary
        self._lame_duck_until = now + self._config.tran_window
        self.primary = self._new_key_state(next_key_id(self.primary.key_id), now)
        self.primary.start(Opcode.P_CONTROL_SOFT_RESET_V1)

    def _new_key_state(self, key_id: int, now: float) -> KeyState:
        config = self._config
        local = KeyMethodMessage(
            KeySource.generate(config.random_bytes, is_server=self._is_server),
            config.options_string,
            peer_info=config.peer_info,
        )
        wrapper = self._wrapper_for(key_id)
        size = config.max_datagram - (HEADER_SIZE + wrapper.overhead + ACKS_AND_ID)
        limits = KeyStateLimits(
            config.hand_window, config.tls_timeout, size, wrapper.overhead_of_second,
            answers_at_once=self._is_server and not config.is_symmetric and key_id == 0,
        )  # fmt: skip
        engine = TlsEngine(config.tls, self._log)
        return KeyState(
            key_id, engine, local, limits, now, self._log,
            is_server=self._is_server, login=config.login,
        )  # fmt: skip
