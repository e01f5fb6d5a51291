"""A batch does what its datagrams do one by one: the same packets, drops and counters."""

from __future__ import annotations

import random

import pytest

from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.config.options import Compression
from vpn.data.keepalive import PING
from vpn.errors import Drop

SEEDS = range(20)
CASES = {
    "plain": {},
    "epochs-off": {"data__data_ciphers": ("CHACHA20-POLY1305",)},
    "cbc": {"data__data_ciphers": ("AES-256-CBC",)},
    "stub": {"data__compression": Compression.STUB_V2},
    "fragment": {"link__fragment": 1200},
}


def connected(case: dict[str, object]) -> Pair:
    options = {"data__data_ciphers": ("AES-256-GCM",), **case}
    pair = Pair(client=client_options(**options), server=server_options(**options))
    assert pair.connect(10)
    pair.network.filter = lambda *_: False
    return pair


def batch_of(pair: Pair, *, is_up: bool) -> list[bytes]:
    """Packets, a ping, a packet from an address that is not the client's."""
    ends = ("10.8.0.2", "10.8.0.1") if is_up else ("10.8.0.1", "10.8.0.2")
    sender = pair.client if is_up else pair.server
    packets = [ipv4(*ends, bytes([number]) * 60 * number) for number in range(8)]
    packets += [ipv4("10.9.9.9", ends[1], b"not mine")] if is_up else []
    [(_, datagrams)] = sender.core.encapsulate(packets, pair.network.now)
    peer = pair.client.core.peer if is_up else pair.admitted[0].peer
    return [*datagrams[:5], *peer.seal_payload(PING), *datagrams[5:]]


def spoiled(datagrams: list[bytes], seed: int) -> list[bytes]:
    """Some are lost, repeated, late, changed, shortened; some are no data at all."""
    chance, found = random.Random(seed), list(datagrams)
    for _ in range(seed % 5):
        at = chance.randrange(len(found))
        match chance.randrange(6):
            case 0:
                del found[at]
            case 1:
                found.insert(chance.randrange(len(found)), found[at])
            case 2:
                found.append(found.pop(at))
            case 3:
                bent = bytearray(found[at] or b"x")
                bent[chance.randrange(len(bent))] ^= 1 << chance.randrange(8)
                found[at] = bytes(bent)
            case 4:
                found[at] = found[at][: chance.randrange(30)]
            case _:
                found.insert(at, chance.choice([b"", b"\x20" + bytes(30), b"\x48\0\0\0"]))
    return found


@pytest.mark.parametrize("is_up", [True, False], ids=["to-server", "to-client"])
@pytest.mark.parametrize("case", CASES)
def test_a_batch_does_what_its_datagrams_do_one_by_one(case, is_up):
    at_once, alone = connected(CASES[case]), connected(CASES[case])
    for seed in SEEDS:
        outcomes = []
        for pair, is_batch in ((at_once, True), (alone, False)):
            here, there = (pair.server, pair.client) if is_up else (pair.client, pair.server)
            came = spoiled(batch_of(pair, is_up=is_up), seed)
            runs = [came] if is_batch else [[one] for one in came]
            batches = [[(there.address, run)] for run in runs]
            packets = [p for each in batches for p in here.core.decapsulate(each, pair.network.now)]
            peer = pair.admitted[0].peer if is_up else pair.client.core.peer
            slot = peer.channel.newest
            counts = (slot.packets, slot.bytes, slot.forged)
            outcomes.append((packets, dict(here.core.drops), counts))
        assert outcomes[0] == outcomes[1], f"seed {seed}"
    assert outcomes[0][0]
    assert outcomes[0][1].keys() >= {Drop.AUTH, Drop.REPLAY}


def test_batches_of_two_clients_in_turn_are_told_apart():
    pair = Pair(extra_clients=(client_options(),), server=server_options(server__duplicate_cn=True))
    assert pair.connect(10)
    pair.network.filter = lambda *_: False
    came, expected = [], []
    for number in range(4):
        for client, own in zip(pair.clients, ("10.8.0.2", "10.8.0.3"), strict=True):
            packets = [ipv4(own, "10.8.0.1", bytes([number, each])) for each in range(3)]
            [(_, datagrams)] = client.core.encapsulate(packets, pair.network.now)
            came.append((client.address, datagrams))
            expected += packets
    assert pair.server.core.decapsulate(came, pair.network.now) == expected
    assert not pair.server.core.drops
