"""One negotiation: its states, its time limit, and how it fails."""

from __future__ import annotations

import logging
from dataclasses import replace

import pytest

from vpn.control.key_state import (
    CLIENT_TRANSITIONS,
    SERVER_TRANSITIONS,
    KeyState,
    KeyStateLimits,
    State,
)
from vpn.errors import AuthFailed, NegotiationError, TlsError
from vpn.trace import PeerLog
from vpn.wire import key_method, messages
from vpn.wire.control import ControlPacket
from vpn.wire.key_method import KeyMethodMessage, KeySource
from vpn.wire.opcodes import Opcode

LIMITS = KeyStateLimits(hand_window=60, tls_timeout=2, max_payload=100)
LOG = PeerLog(logging.getLogger("vpn.test"))
SID = bytes(8)


class PlainEngine:
    """TLS without TLS: the handshake is over at once, a record is what was written."""

    def __init__(self) -> None:
        self.is_established = False
        self.inbound: list[bytes] = []
        self.outbound = b""
        self.problem: Exception | None = None

    def feed(self, data: bytes) -> None:
        self.inbound.append(data)

    def advance(self) -> None:
        if self.problem is not None:
            raise self.problem
        self.is_established = self.is_established or bool(self.inbound)

    def read(self) -> bytes:
        return self.inbound.pop(0) if self.inbound else b""

    def write(self, plaintext: bytes) -> None:
        self.outbound += plaintext

    def take(self, size: int) -> bytes:
        piece, self.outbound = self.outbound[:size], self.outbound[size:]
        return piece


def message(*, is_server: bool) -> KeyMethodMessage:
    source = KeySource.generate(lambda size: b"r" * size, is_server=is_server)
    return KeyMethodMessage(source, "V4,tls-server" if is_server else "V4,tls-client")


def negotiation(*, is_server: bool = True) -> KeyState:
    own = message(is_server=is_server)
    return KeyState(0, PlainEngine(), own, LIMITS, 0, LOG, is_server=is_server)


def packet(packet_id: int, payload: bytes, acks: tuple[int, ...] = ()) -> ControlPacket:
    return ControlPacket(Opcode.P_CONTROL_V1, 0, SID, acks, SID, packet_id, payload)


def ack(*acks: int) -> ControlPacket:
    return ControlPacket(Opcode.P_ACK_V1, 0, SID, acks, SID)


def opened_server() -> KeyState:
    server = negotiation()
    server.start_after_stateless_reset()
    return server


CLIENT_SAYS = key_method.serialize(message(is_server=False))


def test_server_goes_through_its_states_in_order():
    server = negotiation()
    assert server.state is State.INITIAL
    server.start(Opcode.P_CONTROL_HARD_RESET_SERVER_V2)
    assert server.state is State.PRE_START
    server.receive(packet(0, b"", (0,)))
    assert server.state is State.START
    server.receive(packet(1, CLIENT_SAYS))
    assert server.state is State.SENT_KEY  # by way of GOT_KEY
    assert server.remote.options_string == "V4,tls-client"
    sent = [each.packet_id for each in server.sender.due(0)]
    assert sent == [1]
    server.receive(ack(*sent))
    assert server.state is State.ACTIVE
    server.mark_generated()
    assert server.state is State.GENERATED_KEYS


def test_after_a_stateless_reset_both_sides_count_from_one():
    server = opened_server()
    assert server.state is State.START
    assert server.receive(packet(1, CLIENT_SAYS))
    assert [each.packet_id for each in server.sender.due(0)] == [1]


def test_not_active_while_a_packet_is_unacknowledged():
    server = opened_server()
    server.receive(packet(1, CLIENT_SAYS))
    server.receive(ack(0))
    assert not server.is_active


def test_a_first_key_message_need_not_be_acknowledged_before_what_waits_for_it():
    limits = replace(LIMITS, answers_at_once=True, max_payload=1000)
    own = message(is_server=True)
    server = KeyState(0, PlainEngine(), own, limits, 0, LOG, is_server=True)
    server.start_after_stateless_reset()
    server.send_message("PUSH_REPLY,ping 10")
    server.receive(packet(1, CLIENT_SAYS))
    assert server.is_active
    sent = b"".join(each.payload for each in server.sender.due(0))
    assert sent == key_method.serialize(own) + messages.serialize("PUSH_REPLY,ping 10")
    assert server.next_deadline() is not None
    server.handle_deadline(60)
    assert "failed to occur within 60 seconds" in str(server.failure)


def test_long_flight_is_cut_into_packets_of_the_limit_and_waits_for_room():
    server = opened_server()
    server.receive(ack(0))
    server.engine.outbound = bytes(1000)
    server.flush()
    first = server.sender.due(0)
    assert [len(each.payload) for each in first] == [100] * 6
    server.receive(ack(1, 2))
    assert [each.packet_id for each in server.sender.due(0.1)] == [7, 8]


def test_hand_window_ends_a_negotiation_once(lines):
    server = opened_server()
    server.handle_deadline(59.9)
    assert server.failure is None
    assert server.next_deadline() == 60
    server.handle_deadline(60)
    assert server.failure.reason == "tls-error"
    assert server.state is State.ERROR
    server.handle_deadline(100)
    assert lines.messages.count("TLS Error: TLS handshake failed") == 1


def test_hand_window_is_over_with_active_and_can_be_extended_before():
    server = opened_server()
    server.extend_deadline(100)
    server.handle_deadline(99)
    assert server.failure is None
    server.receive(packet(1, CLIENT_SAYS))
    server.receive(ack(1))
    server.handle_deadline(1000)
    assert server.failure is None
    server.extend_deadline(2000)
    assert server.next_deadline() is None


def test_a_shorter_extension_takes_nothing_away():
    server = opened_server()
    server.extend_deadline(30)
    server.handle_deadline(59)
    assert server.failure is None


@pytest.mark.parametrize(
    ("record", "words"),
    [
        (b"\0\0\0\0\1" + bytes(200), "not a key method 2 message"),
        (b"\0\0\0\0\2short", "short key method 2 message"),
    ],
)
def test_what_is_no_key_message_ends_the_negotiation(record, words):
    server = opened_server()
    server.receive(packet(1, record))
    assert words in str(server.failure)
    assert server.state is State.ERROR


def test_alert_is_still_sent_after_a_failure(lines):
    server = opened_server()
    server.engine.problem, server.engine.outbound = TlsError("no shared cipher"), b"alert"
    server.receive(packet(1, b"hello"))
    assert isinstance(server.failure, TlsError)
    assert [each.payload for each in server.sender.due(0)] == [b"alert"]
    assert "OpenSSL: no shared cipher" in lines.messages


def test_nothing_more_is_taken_after_a_failure():
    server = opened_server()
    server.fail(AuthFailed("no"))
    server.receive(packet(1, CLIENT_SAYS))
    assert server.remote is None
    assert server.failure.reason == "auth-failure"


def test_messages_behind_the_key_message_are_kept_and_bad_ones_named(lines):
    server = opened_server()
    server.receive(packet(1, CLIENT_SAYS))
    server.receive(packet(2, messages.serialize("PUSH_REQUEST")))
    server.receive(packet(3, b"bad\x01one\0EXIT\0"))
    assert server.messages == ["PUSH_REQUEST", "EXIT"]
    assert "WARNING: Received control with invalid characters: b'bad\\x01one'" in lines.messages


def test_packets_beyond_the_window_are_told_apart():
    server = opened_server()
    assert server.receive(packet(12, b"x"))
    assert not server.receive(packet(13, b"x"))


def test_a_move_that_the_table_does_not_have_is_refused():
    with pytest.raises(NegotiationError, match="INITIAL can't become GENERATED_KEYS"):
        negotiation().mark_generated()


@pytest.mark.parametrize("table", [CLIENT_TRANSITIONS, SERVER_TRANSITIONS])
def test_every_state_but_the_last_leads_on(table):
    reached, todo = set(), {State.INITIAL}
    while todo:
        state = todo.pop()
        reached.add(state)
        todo |= table[state] - reached
    assert reached == set(State)
    assert table[State.ERROR] == frozenset()


def test_first_contact_repeats_everything_at_once():
    client = negotiation(is_server=False)
    client.start(Opcode.P_CONTROL_HARD_RESET_CLIENT_V2)
    assert len(client.sender.due(0)) == 1
    assert client.next_deadline() == 2
    reset = ControlPacket(Opcode.P_CONTROL_HARD_RESET_SERVER_V2, 0, SID, (), b"", 0)
    client.receive(reset)  # without the ack: ours is repeated now, not after 2 s
    assert client.state is State.PRE_START
    assert len(client.sender.due(0.1)) == 1


def test_payload_of_a_reset_never_reaches_tls():
    client = negotiation(is_server=False)
    client.start(Opcode.P_CONTROL_HARD_RESET_CLIENT_V2)
    client.receive(
        ControlPacket(Opcode.P_CONTROL_HARD_RESET_SERVER_V2, 0, SID, (0,), SID, 0, b"tlv")
    )
    assert client.state is State.START
    assert client.engine.inbound == []
