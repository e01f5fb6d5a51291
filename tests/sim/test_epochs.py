"""Data keys with epochs: agreed on by what both ends announce, and going on by themselves."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.sim.network import Conditions
from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.crypto import ciphers
from vpn.wire import peer_info
from vpn.wire.peer_info import Proto

DATA_V2 = 9


def epochs(pair: Pair) -> list[int]:
    """Those of all data packets, in the order of the network."""
    data = [datagram for *_, datagram in pair.network.log if datagram[0] >> 3 == DATA_V2]
    return [int.from_bytes(datagram[4:6], "big") for datagram in data]


def talk(pair: Pair, count: int) -> None:
    for n in range(count):
        pair.send_from_client(ipv4("10.8.0.2", "10.8.0.1", bytes([n]) * 100))
        pair.send_from_server(ipv4("10.8.0.1", "10.8.0.2", bytes([n]) * 100))
        pair.run_for(0.5)


def agreements(pair: Pair) -> list[bool]:
    return [peer.agreement.has_epochs for peer in (pair.client.core.peer, pair.admitted[0].peer)]


def test_two_ends_of_ours_have_epochs():
    pair = Pair()
    assert pair.connect()
    assert agreements(pair) == [True, True]
    talk(pair, 10)
    assert set(epochs(pair)) == {1}
    assert (len(pair.server.packets), len(pair.client.packets)) == (10, 10)


@pytest.mark.parametrize(
    "other",
    [
        {"data__data_ciphers": ("AES-256-CBC",)},
        {"data__data_ciphers": ("none",)},
    ],
)
def test_what_is_no_aead_has_none(other):
    pair = Pair(client=client_options(**other), server=server_options(**other))
    assert pair.connect()
    assert agreements(pair) == [False, False]


def test_a_client_that_does_not_announce_them_is_not_given_any(monkeypatch):
    old = peer_info.PROTO_IMPLEMENTED & ~Proto.DATA_EPOCH
    monkeypatch.setattr(peer_info, "PROTO_IMPLEMENTED", old)
    pair = Pair()
    assert pair.connect()
    assert agreements(pair) == [False, False]
    talk(pair, 3)
    assert len(pair.server.packets) == 3


def test_epochs_follow_each_other_over_a_bad_network(monkeypatch):
    small = replace(ciphers.DATA_CIPHERS["AES-256-GCM"], limit=60)
    monkeypatch.setitem(ciphers.DATA_CIPHERS, "AES-256-GCM", small)
    pair = Pair(Conditions(loss=0.1, reorder=0.2, duplicate=0.1), seed=3)
    assert pair.connect()
    talk(pair, 200)
    seen = epochs(pair)
    assert max(seen) > 20
    assert set(range(1, max(seen))) <= set(seen)
    assert len(pair.server.packets) > 150
    assert len(set(pair.server.packets)) == len(pair.server.packets)
    key_ids = {d[0] & 7 for *_, d in pair.network.log if d[0] >> 3 == DATA_V2}
    assert key_ids == {0}


def test_the_last_epochs_bring_a_new_key():
    pair = Pair()
    assert pair.connect()
    slot = pair.client.core.peer.channel.newest
    slot.send_key._epoch.number = 0xF000
    slot.send_key._limit = 0
    pair.send_from_client(ipv4("10.8.0.2", "10.8.0.1"))
    pair.run_for(100)
    assert pair.client.core.peer.channel.newest.key_id == 1
    talk(pair, 3)
    assert epochs(pair)[-1] == 1


@pytest.mark.parametrize(("forged", "key_id"), [(2**35 - 5, 0), (2**35 + 1, 1)])
def test_so_many_forged_packets_bring_a_new_key(forged, key_id):
    pair = Pair()
    assert pair.connect()
    peer = pair.admitted[0].peer
    peer.channel.newest.forged = forged
    talk(pair, 1)
    pair.run_for(10)
    assert peer.channel.newest.key_id == key_id
