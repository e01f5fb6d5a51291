"""Packets in fragments, over a network that loses and shuffles them."""

from __future__ import annotations

import pytest

from tests.sim.network import Conditions
from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.errors import Drop

SIZE = 400
DATA_V2 = 9


def fragmenting(conditions: Conditions | None = None) -> Pair:
    changes = {"link__fragment": SIZE, "link__mssfix": None}
    pair = Pair(
        conditions, seed=7, client=client_options(**changes), server=server_options(**changes)
    )
    assert pair.connect()
    return pair


def packets(source: str, destination: str) -> list[bytes]:
    return [ipv4(source, destination, bytes([n % 256]) * (n * 14)) for n in range(100)]


@pytest.mark.shows("fragment")
def test_every_size_passes_both_ways_and_no_datagram_is_too_long():
    pair = fragmenting()
    up, down = packets("10.8.0.2", "10.8.0.1"), packets("10.8.0.1", "10.8.0.2")
    pair.send_from_client(*up)
    pair.send_from_server(*down)
    pair.run_for(5)
    assert (pair.server.packets, pair.client.packets) == (up, down)
    data = [datagram for *_, datagram in pair.network.log if datagram[0] >> 3 == DATA_V2]
    assert SIZE - 4 <= max(map(len, data)) <= SIZE


def test_what_is_whole_passes_a_bad_network_and_what_is_not_is_counted():
    pair = fragmenting(Conditions(loss=0.1, reorder=0.3, duplicate=0.1))
    up = packets("10.8.0.2", "10.8.0.1")
    for packet in up:
        pair.send_from_client(packet)
        pair.run_for(0.5)
    pair.run_for(20)
    pair.network.conditions = Conditions()
    pair.send_from_client(up[-1])
    pair.run_for(1)
    arrived = pair.server.packets[:-1]
    assert set(arrived) < set(up)
    assert len(arrived) > 50
    assert pair.server.core.drops[Drop.FRAGMENT_LOST] > 10
    assert pair.server.core.drops[Drop.BAD_FRAGMENT] == 0


def test_an_end_that_does_not_cut_has_its_packets_refused_by_name():
    pair = Pair(server=server_options(link__fragment=SIZE))
    assert pair.connect()
    pair.send_from_client(ipv4("10.8.0.2", "10.8.0.1"))
    pair.run_for(1)
    assert not pair.server.packets
    assert pair.server.core.drops[Drop.BAD_FRAGMENT] == 1
