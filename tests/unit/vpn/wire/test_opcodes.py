"""The first byte: every opcode with every key id."""

from __future__ import annotations

import pytest

from vpn.errors import Drop, PacketError
from vpn.wire import control
from vpn.wire.opcodes import NAMES, Opcode, first_byte, next_key_id


def test_numbers_are_those_of_the_protocol():
    assert {name: number for number, name in NAMES.items()} == {
        "P_CONTROL_HARD_RESET_CLIENT_V1": 1,
        "P_CONTROL_HARD_RESET_SERVER_V1": 2,
        "P_CONTROL_SOFT_RESET_V1": 3,
        "P_CONTROL_V1": 4,
        "P_ACK_V1": 5,
        "P_DATA_V1": 6,
        "P_CONTROL_HARD_RESET_CLIENT_V2": 7,
        "P_CONTROL_HARD_RESET_SERVER_V2": 8,
        "P_DATA_V2": 9,
        "P_CONTROL_HARD_RESET_CLIENT_V3": 10,
        "P_CONTROL_WKC_V1": 11,
    }


def test_every_first_byte_is_read_as_it_was_written():
    for opcode in Opcode:
        for key_id in range(8):
            byte = first_byte(opcode, key_id)
            assert control.parse_opcode(bytes([byte])) == (opcode, key_id)
    assert first_byte(Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, 0) == 0x38


@pytest.mark.parametrize("number", [0, *range(12, 32)])
def test_unknown_numbers_are_dropped_by_name(number):
    with pytest.raises(PacketError) as caught:
        control.parse_opcode(bytes([number << 3]))
    assert caught.value.reason is Drop.UNKNOWN_OPCODE


def test_key_id_after_seven_is_one():
    assert [next_key_id(key_id) for key_id in range(8)] == [1, 2, 3, 4, 5, 6, 7, 1]
