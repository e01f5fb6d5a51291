"""Rules about single packets: which ones, told by a seed or by their place in a handshake."""

from __future__ import annotations

import re

import pytest

from labs.faults.packets import FAULTS, ROUND, losing, nth_of, some
from vpn.wire.opcodes import Opcode


def chosen(match: str) -> set[int]:
    modulus, *numbers = map(int, re.findall(r"\d+", match))
    assert modulus == ROUND
    return set(numbers)


@pytest.mark.parametrize("percent", [0.5, 5, 50])
def test_so_many_of_a_round_are_lost(percent):
    found = chosen(some(percent, seed=1))
    assert len(found) == ROUND * percent / 100
    assert found <= set(range(ROUND))


def test_a_seed_says_which():
    assert some(5, 1) == some(5, 1) != some(5, 2)


def test_each_direction_loses_others():
    out, back = losing(5, 1)
    assert (out.destination_port, back.source_port) == (1194, 1194)
    assert out.match != back.match


def test_the_second_of_an_opcode():
    assert nth_of(Opcode.P_CONTROL_V1, 2) == "@th,64,5 4 numgen inc mod 4294967295 1"


def test_the_tunnel_overcomes_them():
    assert all(fault.is_overcome for fault in FAULTS)
