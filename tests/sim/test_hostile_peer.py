"""A peer with a good certificate and bad intentions: whatever it says inside TLS raises nothing."""

from __future__ import annotations

import random

import pytest

from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.events import Exiting, PeerLeft, Restarting
from vpn.wire import key_method

TEXTS = (
    "PUSH_REQUEST",
    "PUSH_REPLY,route 10.0.0.0 255.0.0.0,ifconfig 10.8.0.9 255.255.255.0,peer-id 3,ping 10",
    "PUSH_REPLY,cipher AES-128-GCM,protocol-flags cc-exit tls-ekm,tun-mtu 1400,push-continuation 2",
    "PUSH_UPDATE,-?dns",
    "AUTH_PENDING,timeout 30",
    "AUTH_FAILED,TEMP[backoff 3,advance remote]:later",
    "AUTH_FAILED,CRV1:R,E:state:dXNlcg==:text",
    "RESTART,[PN]text",
    "HALT,[P]",
    "INFO_PRE,WEB_AUTH::https://example",
    "EXIT",
    "ACC,6:10:text",
    "CR_RESPONSE,xx",
)
ROUNDS = 300


def bent(source: random.Random, data: bytes) -> bytes:
    """A few bytes changed, taken out, repeated."""
    changed = bytearray(data)
    for _ in range(source.randrange(0, 5)):
        changed[source.randrange(len(changed))] = source.choice((0, 44, 91, 255, 49, 32))
    if source.random() < 0.2:
        del changed[source.randrange(len(changed)) :]
    if source.random() < 0.1:
        changed *= source.randrange(1, 60)
    return bytes(changed)


def say(session, data: bytes) -> None:
    session.primary.engine.write(data or b"\x00")
    session.primary.flush()


@pytest.mark.parametrize("side", ["client", "server"])  # who has to bear it
def test_messages_of_any_kind(side):
    source = random.Random(side)
    options = {"link__ping_restart": 30}
    pair = Pair(client=client_options(**options), server=server_options(server__duplicate_cn=True))
    for _ in range(ROUNDS):
        assert pair.connect(100)
        client, server = pair.client.core.peer, pair.admitted[-1].peer
        speaker = client if side == "server" else server
        if speaker is not None:
            text = source.choice(TEXTS).encode() + source.choice((b"\x00", b"\r\n\x00", b""))
            say(speaker.session, bent(source, text))
        pair.run_for(0.2)
        if pair.client.saw(Exiting) or pair.client.saw(Restarting) or pair.server.saw(PeerLeft):
            pair = Pair(client=client_options(**options), seed=source.randrange(1000))


@pytest.mark.parametrize("side", ["client", "server"])
def test_key_exchanges_of_any_length(monkeypatch, side):
    source, serialize = random.Random(side), key_method.serialize

    def bad(message: key_method.KeyMethodMessage) -> bytes:
        data = serialize(message)
        is_client = bool(message.source.pre_master)
        return bent(source, data) or b"\x00" if is_client is (side == "server") else data

    monkeypatch.setattr(key_method, "serialize", bad)
    came_up = 0
    for seed in range(ROUNDS // 3):
        pair = Pair(seed=seed, client=client_options(tls__hand_window=5))
        came_up += pair.connect(7)
        pair.send_from_client(ipv4("10.8.0.2", "10.8.0.1"))
        pair.run_for(1)
    assert came_up
