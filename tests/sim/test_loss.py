"""A link that loses, reorders and duplicates: the tunnel comes up all the same."""

from __future__ import annotations

import pytest

from tests.sim.network import Conditions
from tests.sim.pair import Pair
from vpn.wire.opcodes import OPCODE_SHIFT, Opcode

ROUGH = Conditions(latency=0.05, loss=0.3, reorder=0.3, duplicate=0.1)
SEEDS, GROUPS = 1000, 4
HAND_WINDOW = 60.0


@pytest.mark.parametrize("group", range(GROUPS))
def test_tunnel_comes_up_for_every_seed_under_30_percent_loss(group, record_property):
    first_window = attempts = 0
    seeds = range(group, SEEDS, GROUPS)
    for seed in seeds:
        pair = Pair(ROUGH, seed)
        started = pair.network.now
        assert pair.connect(1800), f"seed {seed}"
        attempts += pair.client.attempts
        first_window += pair.client.attempts == 1 and pair.network.now - started <= HAND_WINDOW
    record_property("first hand-window", f"{first_window} of {len(seeds)}")
    record_property("reconnects", attempts - len(seeds))
    assert first_window >= 0.9 * len(seeds)


@pytest.mark.parametrize("nth", range(1, 12))
@pytest.mark.parametrize("side", ["client", "server"])
def test_any_single_packet_of_the_handshake_may_be_lost(side, nth):
    pair = Pair(seed=nth)
    victim = getattr(pair, side).address
    count = 0

    def lose_nth(sender, _):
        nonlocal count
        count += sender == victim
        return sender != victim or count != nth

    pair.network.filter = lose_nth
    assert pair.connect(30)


def test_ack_only_packets_may_all_be_lost_while_others_carry_their_acks():
    pair = Pair()
    pair.network.filter = lambda _, datagram: datagram[0] >> OPCODE_SHIFT != Opcode.P_ACK_V1
    assert pair.connect(60)


def test_the_same_seed_sends_the_same_number_of_datagrams():
    first, second = Pair(ROUGH, 7), Pair(ROUGH, 7)
    assert first.connect()
    assert second.connect()
    assert len(first.network.log) == len(second.network.log)
    assert first.network.now == second.network.now
