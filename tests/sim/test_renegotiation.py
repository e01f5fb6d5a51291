"""Renegotiation by either side: new keys come, the old ones go, and no packet is lost."""

from __future__ import annotations

import pytest

from tests.sim.network import Conditions
from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.errors import Drop

UP = ipv4("10.8.0.2", "10.8.0.1")
DOWN = ipv4("10.8.0.1", "10.8.0.2")


def newest_key_id(endpoint) -> int:
    return endpoint.core.peer.channel.newest.key_id


def carry_for(pair: Pair, seconds: int, every: float = 0.25) -> int:
    """Packets both ways all the time; how many each way."""
    count = int(seconds / every)
    for _ in range(count):
        pair.send_from_client(UP)
        pair.send_from_server(DOWN)
        pair.run_for(every)
    pair.run_for(1)
    return count


@pytest.mark.shows("reneg-sec")
@pytest.mark.parametrize("initiator", ["client", "server"])
@pytest.mark.parametrize("is_tcp", [False, True], ids=["udp", "tcp"])
def test_no_packet_is_lost_over_three_renegotiations(initiator, is_tcp):
    often, never = {"tls__reneg_sec": 20}, {"tls__reneg_sec": 0}
    pair = Pair(
        client=client_options(**(often if initiator == "client" else never)),
        server=server_options(**(often if initiator == "server" else never)),
        is_tcp=is_tcp,
    )
    assert pair.connect(10)
    sent = carry_for(pair, 75)
    assert newest_key_id(pair.client) >= 3
    assert len(pair.server.packets) == sent
    assert len(pair.client.packets) == sent
    assert not pair.client.core.drops
    assert not pair.server.core.drops


def test_renegotiation_survives_a_lossy_link():
    changes = {"tls__reneg_sec": 120}
    pair = Pair(client=client_options(**changes), server=server_options(tls__reneg_sec=0))
    assert pair.connect(10)
    pair.network.conditions = Conditions(latency=0.05, loss=0.2, reorder=0.3, duplicate=0.1)
    carry_for(pair, 900, every=1)
    assert newest_key_id(pair.client) >= 5
    assert pair.client.attempts == 1
    late = {Drop.REPLAY, Drop.CONTROL_REPLAY, Drop.OUT_OF_WINDOW}
    assert set(pair.client.core.drops) <= late


def test_key_ids_count_to_seven_and_then_from_one():
    pair = Pair(client=client_options(tls__reneg_sec=10))
    assert pair.connect(10)
    seen = []
    for _ in range(100):
        pair.run_for(1)
        if not seen or seen[-1] != newest_key_id(pair.client):
            seen.append(newest_key_id(pair.client))
    assert seen[:9] == [0, 1, 2, 3, 4, 5, 6, 7, 1]


def test_sender_keeps_the_old_key_until_the_new_one_has_settled():
    pair = Pair(client=client_options(tls__reneg_sec=300))
    assert pair.connect(10)
    assert pair.drive(lambda: newest_key_id(pair.client) == 1, 400)
    assert pair.client.core.peer.channel.sealing_key_id == 0
    pair.run_for(59)
    assert pair.client.core.peer.channel.sealing_key_id == 0
    pair.run_for(2)
    assert pair.client.core.peer.channel.sealing_key_id == 1


@pytest.mark.shows("tran-window")
def test_old_key_opens_packets_until_the_transition_window_ends():
    pair = Pair(client=client_options(tls__reneg_sec=30, tls__tran_window=40))
    assert pair.connect(10)
    channel = pair.client.core.peer.channel
    assert pair.drive(lambda: channel.newest.key_id == 1, 60)
    assert 0 in channel._slots
    pair.run_for(41)
    assert 0 not in channel._slots


@pytest.mark.shows("reneg-pkts", "reneg-bytes")
@pytest.mark.parametrize("limit", [{"tls__reneg_pkts": 50}, {"tls__reneg_bytes": 2000}])
def test_packets_and_bytes_can_trigger_it_too(limit):
    pair = Pair(client=client_options(tls__reneg_sec=0, **limit))
    assert pair.connect(10)
    carry_for(pair, 20, every=0.2)
    assert newest_key_id(pair.client) >= 1


def test_both_sides_may_start_at_the_same_moment():
    pair = Pair(client=client_options(tls__reneg_sec=50), server=server_options(tls__reneg_sec=0))
    assert pair.connect(10)
    entry = pair.admitted[0]
    pair.client.core.peer.session.renegotiate(pair.network.now)
    entry.peer.session.renegotiate(pair.network.now)
    pair.run_for(5)
    assert newest_key_id(pair.client) == 1
    assert entry.peer.channel.newest.key_id == 1
    carry_for(pair, 2)
    assert not pair.client.core.drops


def test_data_does_not_overtake_the_control_packets_that_announce_its_key():
    pair = Pair(client=client_options(tls__reneg_sec=0), server=server_options(tls__reneg_sec=20))
    assert pair.connect(10)
    flush, known = pair._flush, {newest_key_id(pair.client)}

    def read_the_tun_first(endpoint) -> None:
        if newest_key_id(pair.client) not in known:
            known.add(newest_key_id(pair.client))
            pair.send_from_client(UP)
        flush(endpoint)

    pair._flush = read_the_tun_first
    pair.run_for(50)
    assert len(known) == 3
    assert len(pair.server.packets) == 2
    assert not pair.server.core.drops


def test_data_may_come_in_one_batch_with_what_completes_its_key():
    pair = Pair(client=client_options(tls__reneg_sec=0), server=server_options(tls__reneg_sec=20))
    assert pair.connect(10)
    held = []

    def hold_the_last(sender, datagram) -> bool:
        is_last = sender == pair.client.address and newest_key_id(pair.client) == 1
        held.extend([(sender, [datagram])] if is_last else [])
        return not is_last

    pair.network.filter = hold_the_last
    pair.run_for(20.5)
    pair.send_from_client(UP)
    assert pair.server.core.decapsulate(held, pair.network.now) == [UP]
    assert not pair.server.core.drops
