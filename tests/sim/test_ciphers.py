"""Tunnels with ciphers that are no AEAD, over a network that loses, repeats and shuffles."""

from __future__ import annotations

import pytest

from tests.sim.network import Conditions
from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.control import negotiate
from vpn.crypto.ciphers import AEADS, DATA_CIPHERS
from vpn.errors import Drop

DATA_V1, DATA_V2 = 6, 9
OTHERS = [name for name in DATA_CIPHERS if name not in {cipher.name for cipher in AEADS}]


def pair_with(
    cipher: str, auth: str = "SHA1", conditions: Conditions | None = None, **more
) -> Pair:
    changes = {"data__data_ciphers": (cipher,), "data__auth": auth, **more}
    return Pair(
        conditions, seed=7, client=client_options(**changes), server=server_options(**changes)
    )


def packets(count: int = 50) -> list[bytes]:
    return [ipv4("10.8.0.2", "10.8.0.1", bytes([n]) * (n * 28)) for n in range(count)]


@pytest.mark.parametrize("cipher", OTHERS)
def test_packets_of_every_size_pass_both_ways(cipher):
    pair = pair_with(cipher)
    assert pair.connect()
    back = [ipv4("10.8.0.1", "10.8.0.2", packet[20:]) for packet in packets()]
    pair.send_from_client(*packets())
    pair.send_from_server(*back)
    pair.run_for(5)
    assert (pair.server.packets, pair.client.packets) == (packets(), back)


@pytest.mark.parametrize("auth", ["none", "SHA512", "SHA3-256"])
def test_digests(auth):
    pair = pair_with("AES-256-CBC", auth)
    assert pair.connect()
    pair.send_from_client(*packets())
    pair.run_for(5)
    assert pair.server.packets == packets()


@pytest.mark.parametrize("cipher", ["AES-256-CBC", "AES-256-CFB", "none"])
def test_no_packet_is_taken_twice(cipher):
    pair = pair_with(cipher, conditions=Conditions(duplicate=0.5, reorder=0.2))
    assert pair.connect()
    for packet in packets():
        pair.send_from_client(packet)
        pair.run_for(0.1)
    pair.run_for(5)
    assert sorted(pair.server.packets) == sorted(packets())
    assert pair.server.core.drops[Drop.REPLAY] > 10


@pytest.mark.parametrize("cipher", ["AES-256-CBC", "DES-EDE3-OFB", "none"])
def test_another_digest_at_the_other_end_has_every_packet_refused(cipher):
    pair = Pair(
        client=client_options(data__data_ciphers=(cipher,), data__auth="SHA256"),
        server=server_options(data__data_ciphers=(cipher,), data__auth="SHA384"),
    )
    assert pair.connect()
    pair.send_from_client(*packets())
    pair.run_for(5)
    assert not pair.server.packets
    drops = pair.server.core.drops
    assert drops[Drop.AUTH] + drops[Drop.MALFORMED] >= len(packets())


@pytest.mark.parametrize("cipher", ["AES-128-CBC", "CAMELLIA-256-OFB"])
def test_keys_change_under_traffic(cipher):
    pair = pair_with(cipher, tls__reneg_sec=20)
    assert pair.connect()
    for n in range(100):
        pair.send_from_client(ipv4("10.8.0.2", "10.8.0.1", bytes([n])))
        pair.run_for(1)
    assert len(pair.server.packets) == 100
    key_ids = {d[0] & 7 for *_, d in pair.network.log if d[0] >> 3 == DATA_V2}
    assert len(key_ids) > 2


def test_a_small_block_is_renegotiated_after_64_megabytes():
    pair = pair_with("BF-CBC", tls__reneg_sec=0)
    assert pair.connect()
    peer = pair.admitted[0].peer
    peer.channel.newest.bytes = 64 * 1024 * 1024 - 10
    pair.send_from_client(packets()[1])
    pair.run_for(10)
    assert peer.channel.newest.key_id == 1


def test_a_client_that_says_nothing_of_itself_gets_the_fallback(monkeypatch):
    monkeypatch.setattr(negotiate, "own_peer_info", lambda *_: "")
    fallback = {"data__data_ciphers_fallback": "AES-256-CBC", "data__auth": "SHA256"}
    pair = Pair(client=client_options(**fallback), server=server_options(**fallback))
    assert pair.connect()
    pair.send_from_client(*packets())
    pair.run_for(5)
    assert pair.server.packets == packets()
    assert pair.client.core.peer.agreement.cipher == "AES-256-CBC"
    data = [datagram for *_, datagram in pair.network.log if datagram[0] >> 3 == DATA_V1]
    assert len(data) >= len(packets())


def test_without_a_fallback_it_is_refused(monkeypatch):
    monkeypatch.setattr(negotiate, "own_peer_info", lambda *_: "")
    pair = Pair()
    assert not pair.connect(20)
