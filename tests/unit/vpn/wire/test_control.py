"""Control packets: the captured ones, what is refused, and there-and-back for any."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.errors import Drop, PacketError
from vpn.wire import control
from vpn.wire.control import HEADER_SIZE, ControlPacket
from vpn.wire.opcodes import Opcode, first_byte, next_key_id


def parse(text: str) -> ControlPacket:
    data = bytes.fromhex(text)
    return control.parse(data[:HEADER_SIZE], data[HEADER_SIZE:])


def test_client_reset_is_fourteen_bytes():
    session_id = bytes.fromhex("6891923fa3103437")
    packet = ControlPacket(Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, 0, session_id, packet_id=0)
    assert control.serialize(packet).hex() == "386891923fa31034370000000000"


def test_control_packet_with_an_ack():
    packet = parse("207819bf2ebcd19a450100000000eafebfa4418ae31b00000001160301")
    assert packet.opcode is Opcode.P_CONTROL_V1
    assert packet.acks == (0,)
    assert packet.remote_session_id.hex() == "eafebfa4418ae31b"
    assert packet.packet_id == 1
    assert packet.payload.hex() == "160301"


def test_ack_packet_has_no_id():
    packet = parse("28aeb9afe1f01d79c80100000000dd85db535623b02e")
    assert packet.opcode is Opcode.P_ACK_V1
    assert packet.packet_id is None
    assert packet.payload == b""


@pytest.mark.parametrize(
    "text",
    [
        "207819bf2ebcd19a45",  # nothing after the header
        "207819bf2ebcd19a4509" + "00000000" * 9,  # nine acks
        "207819bf2ebcd19a450100000000eafe",  # half a session id
        "207819bf2ebcd19a4500000000",  # half a packet id
    ],
)
def test_cut_and_overfull_packets_are_malformed(text):
    with pytest.raises(PacketError) as caught:
        parse(text)
    assert caught.value.reason is Drop.MALFORMED


def test_unknown_opcode_has_a_name_of_its_own():
    with pytest.raises(PacketError) as caught:
        control.parse_opcode(bytes([31 << 3]))
    assert caught.value.reason is Drop.UNKNOWN_OPCODE


def test_key_ids_go_round_without_zero():
    ids = [0]
    for _ in range(8):
        ids.append(next_key_id(ids[-1]))
    assert ids == [0, 1, 2, 3, 4, 5, 6, 7, 1]


packets = st.builds(
    ControlPacket,
    st.sampled_from([Opcode.P_CONTROL_V1, Opcode.P_CONTROL_SOFT_RESET_V1]),
    st.integers(0, 7),
    st.binary(min_size=8, max_size=8),
    st.lists(st.integers(0, 2**32 - 1), max_size=8).map(tuple),
    st.binary(min_size=8, max_size=8),
    st.integers(0, 2**32 - 1),
    st.binary(max_size=50),
)


@given(packets)
def test_what_is_written_can_be_read(packet):
    data = control.serialize(packet)
    again = control.parse(data[:HEADER_SIZE], data[HEADER_SIZE:])
    if not packet.acks:
        assert again.remote_session_id == b""
        again = ControlPacket(
            again.opcode,
            again.key_id,
            again.session_id,
            (),
            packet.remote_session_id,
            again.packet_id,
            again.payload,
        )
    assert again == packet


def test_first_byte_holds_opcode_and_key_id():
    assert first_byte(Opcode.P_DATA_V2, 3) == 0x4B


def test_stock_servers_answer_to_a_reset():
    ours, theirs = bytes(range(8)), bytes(range(8, 16))
    packet = ControlPacket(Opcode.P_CONTROL_HARD_RESET_SERVER_V2, 0, theirs, (0,), ours, 0)
    data = control.serialize(packet)
    assert data.hex() == "40" + theirs.hex() + "0100000000" + ours.hex() + "00000000"
    assert control.parse(data[:9], data[9:]) == packet


def test_eight_acks_are_the_most():
    acks = b"".join(number.to_bytes(4, "big") for number in range(8))
    packet = parse("28aeb9afe1f01d79c8" + "08" + acks.hex() + "dd85db535623b02e")
    assert packet.acks == tuple(range(8))


@given(st.binary(max_size=120))
def test_any_bytes_are_a_packet_or_malformed(body):
    with suppress(PacketError):
        packet = control.parse(bytes([0x20]) + bytes(8), body)
        assert control.serialize(packet)[9:] == body


def test_the_log_shows_a_packet_in_one_line():
    packet = parse("207819bf2ebcd19a450100000000eafebfa4418ae31b00000001160301")
    assert str(packet) == "P_CONTROL_V1 kid=0 sid=7819bf2ebcd19a45 [ 0 ] pid=1 DATA len=3"
