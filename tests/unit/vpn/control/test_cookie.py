"""The stateless reset: only who received our answer opens a session."""

from __future__ import annotations

import pytest

from vpn.config.options import Options
from vpn.control.cookie import StatelessReset
from vpn.control.wrap import wrapper_factory
from vpn.errors import Drop, PacketError
from vpn.events import Address
from vpn.wire import control
from vpn.wire.control import HEADER_SIZE, ControlPacket
from vpn.wire.opcodes import Opcode

HERE = Address("203.0.113.2", 4000)
CLIENT = bytes(range(8))
RESET = control.serialize(
    ControlPacket(Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, 0, CLIENT, packet_id=0)
)


@pytest.fixture
def resets() -> StatelessReset:
    return StatelessReset(b"k" * 32, wrapper_factory(Options(), is_server=True), 60)


def answer_to(resets: StatelessReset, now: float = 1000) -> bytes:
    answer, opening = resets.receive(RESET, HERE, now, 0)
    assert opening is None
    packet = control.parse(answer[:HEADER_SIZE], answer[HEADER_SIZE:])
    assert packet.opcode is Opcode.P_CONTROL_HARD_RESET_SERVER_V2
    assert (packet.acks, packet.remote_session_id, packet.packet_id) == ((0,), CLIENT, 0)
    return packet.session_id


def ack(session_id: bytes, acks: tuple[int, ...] = (0,), packet_id: int | None = None) -> bytes:
    opcode = Opcode.P_ACK_V1 if packet_id is None else Opcode.P_CONTROL_V1
    return control.serialize(ControlPacket(opcode, 0, CLIENT, acks, session_id, packet_id))


def test_the_answer_has_26_bytes_and_costs_no_state(resets):
    answer, _ = resets.receive(RESET, HERE, 1000, 0)
    assert len(answer) == 26
    assert answer_to(resets) == answer_to(resets)


@pytest.mark.parametrize("packet_id", [None, 1])
def test_who_echoes_it_opens_a_session(resets, packet_id):
    _, opening = resets.receive(ack(answer_to(resets), packet_id=packet_id), HERE, 1030, 0)
    assert opening.session_id == CLIENT


@pytest.mark.parametrize(
    ("address", "now", "acks", "packet_id"),
    [
        (HERE._replace(port=4001), 1000, (0,), None),
        (HERE._replace(host="203.0.113.3"), 1000, (0,), None),
        (HERE, 1100, (0,), None),  # too late
        (HERE, 1000, (0, 1, 2), None),  # an ack that can't be
        (HERE, 1000, (0,), 2),  # not the first packet
        (HERE, 1000, (), 1),  # no ack: nothing was received
    ],
)
def test_anyone_else_does_not(resets, address, now, acks, packet_id):
    session_id = answer_to(resets)
    with pytest.raises(PacketError) as caught:
        resets.receive(ack(session_id, acks, packet_id), address, now, 0)
    assert caught.value.reason is Drop.UNKNOWN_SESSION


def test_reset_with_an_id_is_malformed(resets):
    bad = ControlPacket(Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, 0, CLIENT, packet_id=1)
    with pytest.raises(PacketError) as caught:
        resets.receive(control.serialize(bad), HERE, 1000, 0)
    assert caught.value.reason is Drop.MALFORMED
