"""Anything may arrive: random bytes, and real datagrams with a few bytes changed.

Nothing but counted drops may come of it. `VPNLAB_FUZZ` sets how many datagrams each side gets; the
whole million takes a minute.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.sim.ends import Ends, StaticEnds
from tests.sim.network import Conditions
from tests.sim.pair import Pair, client_options, ipv4, server_options
from tests.sim.test_handshake import KEY
from vpn.wire.opcodes import Opcode, first_byte

DATAGRAMS = int(os.environ.get("VPNLAB_FUZZ", "40000"))
ROUND = 500  # datagrams between two flushes: the handshakes that they open must not pile up


def recorded(**changes: object) -> list[bytes]:
    """Every datagram of a real handshake, some data and a renegotiation."""
    options = {"tls__reneg_sec": 5, **changes}
    pair = Pair(client=client_options(**options), server=server_options(**options))
    assert pair.connect(10)
    for _ in range(20):
        pair.send_from_client(ipv4("10.8.0.2", "10.8.0.1"))
        pair.send_from_server(ipv4("10.8.0.1", "10.8.0.2"))
        pair.run_for(0.5)
    return [datagram for *_, datagram in pair.network.log]


def mutated(source: random.Random, samples: list[bytes]) -> bytes:
    """A random datagram, or a real one that was bent."""
    kind = source.random()
    if kind < 0.2:
        return source.randbytes(source.randrange(0, 80))
    if kind < 0.3:
        start = bytes([first_byte(source.choice(list(Opcode)), source.randrange(8))])
        return start + source.randbytes(source.randrange(0, 200))
    datagram = bytearray(source.choice(samples))
    for _ in range(source.randrange(0, 4)):
        datagram[source.randrange(len(datagram))] = source.randrange(256)
    if kind > 0.9:
        del datagram[source.randrange(len(datagram)) :]
    return bytes(datagram)


@pytest.mark.parametrize("wrap", ["none", "tls-crypt"])
@pytest.mark.parametrize("side", ["client", "server"])
def test_random_and_mutated_datagrams_raise_nothing(side, wrap):
    changes = {"tls__tls_crypt": KEY} if wrap == "tls-crypt" else {}
    samples = recorded(**changes)
    pair = Pair(client=client_options(**changes), server=server_options(**changes), seed=3)
    assert pair.connect(10)
    endpoint = getattr(pair, side)
    other = (pair.server if side == "client" else pair.client).address
    source = random.Random(f"{side} {wrap}")
    pair.network.conditions = Conditions(latency=0.001)
    for _ in range(DATAGRAMS // ROUND):
        batch = [(other, [mutated(source, samples)]) for _ in range(ROUND)]
        endpoint.core.decapsulate(batch, pair.network.now)
        pair.run_for(0.01)
    assert sum(endpoint.core.drops.values()) > DATAGRAMS / 3


@pytest.mark.parametrize("is_tcp", [False, True], ids=["udp", "tcp"])
def test_strangers_open_no_session_with_garbage(is_tcp):
    samples = recorded()
    pair = Pair(is_tcp=is_tcp)
    assert pair.connect(10)
    source = random.Random(11)
    for number in range(DATAGRAMS // 10):
        stranger = pair.client.address._replace(
            host=f"192.0.2.{number % 250}", connection=(number + 100) * is_tcp
        )
        pair.server.core.decapsulate([(stranger, [mutated(source, samples)])], pair.network.now)
        if number % 100 == 0:
            pair.run_for(1)
    pair.run_for(61)
    names = {entry.name for entry in pair.server.core.clients}
    assert names <= {"Test-Client", "UNDEF"}
    assert len(pair.admitted) <= 1


@pytest.mark.parametrize("fragment", [0, 200])
@pytest.mark.parametrize("side", ["west", "east"])
@pytest.mark.parametrize("kind", [Ends, StaticEnds])
def test_equal_ends_take_random_and_mutated_datagrams(kind, side, fragment):
    changes = {"link__fragment": fragment, "link__float_": True}
    ends = kind(west=changes, east=changes, east_knows=False)
    ends.run_for(5)
    for _ in range(20):
        ends.send(ends.west, ipv4("10.9.0.1", "10.9.0.2", bytes(300)))
        ends.send(ends.east, ipv4("10.9.0.2", "10.9.0.1", bytes(300)))
        ends.run_for(0.1)
    samples = [datagram for *_, datagram in ends.network.log]
    endpoint = getattr(ends, side)
    source = random.Random(f"{side} {fragment}")
    ends.network.conditions = Conditions(latency=0.001)
    for number in range(DATAGRAMS // 10 // ROUND):
        other = (ends.east if side == "west" else ends.west).address._replace(
            port=1194 + number % 2
        )
        batch = [(other, [mutated(source, samples)]) for _ in range(ROUND)]
        endpoint.core.decapsulate(batch, ends.network.now)
        ends.run_for(0.01)
    assert sum(endpoint.core.drops.values()) > DATAGRAMS / 30
