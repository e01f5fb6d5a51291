"""Conversations of our own two ends, read by an observer who has the key log."""

from __future__ import annotations

import doctest

import pytest
from scapy.packet import Raw

from labs.dissect import reader as module
from labs.dissect.reader import Reader
from labs.errors import LabError
from tests.sim.network import Conditions
from tests.sim.pair import CLIENT, SERVER, Pair, client_options, ipv4, server_options
from vpn.config.options import Secret
from vpn.crypto.client_key import parse_server
from vpn.errors import Drop
from vpn.hooks import NullHooks
from vpn.pki import genkey
from vpn.wire import peer_info, static_key
from vpn.wire.key_method import KeyMethodMessage
from vpn.wire.peer_info import Proto

MATERIAL = bytes(range(256))
SHARED = Secret(static_key.serialize(MATERIAL).encode())
V2_SERVER = Secret(genkey.new_server_key().encode())
V2_CLIENT = Secret(genkey.new_client_key(V2_SERVER).encode())
OUT, BACK = ipv4("10.8.0.2", "10.8.0.1", b"out"), ipv4("10.8.0.1", "10.8.0.2", b"back")

WRAPS = {
    "none": ({}, {}, {}),
    "tls-auth": ({"tls__tls_auth": SHARED}, {"tls__tls_auth": SHARED}, {"wrap_key": MATERIAL}),
    "tls-crypt": (
        {"tls__tls_crypt": SHARED},
        {"tls__tls_crypt": SHARED},
        {"wrap_key": MATERIAL},
    ),
    "tls-crypt-v2": (
        {"tls__tls_crypt_v2": V2_CLIENT},
        {"tls__tls_crypt_v2": V2_SERVER},
        {"server_key": parse_server(V2_SERVER)},
    ),
}


@pytest.fixture
def talk(monkeypatch):
    """A pair that has talked, and its key log: talk(client changes, server changes)."""

    def run(client=None, server=None, conditions=None) -> tuple[Pair, str]:
        lines: list[str] = []
        monkeypatch.setattr(NullHooks, "log_key", lambda _, line: lines.append(line))
        log = {"process__key_log": "in memory"}
        pair = Pair(
            conditions,
            client=client_options(tls__reneg_sec=20, **log, **(client or {})),
            server=server_options(**(server or {})),
        )
        assert pair.connect(60)
        for _ in range(3):
            pair.send_from_client(OUT)
            pair.send_from_server(BACK)
            pair.run_for(21)
        return pair, "\n".join(lines)

    return run


def readings(pair: Pair, reader: Reader):
    """What the observer makes of everything that was on the wire."""
    return [
        (to == SERVER, reader.read(datagram, from_client=to == SERVER))
        for _, _, to, datagram in pair.network.log
    ]


@pytest.mark.parametrize("wrap", WRAPS)
def test_a_conversation_is_read_whole(wrap, talk):
    client, server, keys = WRAPS[wrap]
    pair, log = talk(client, server)
    found = readings(pair, Reader(log, **keys))
    assert [one.problem for _, one in found if one.problem] == []
    said = [text for _, one in found for text in one.said]
    assert sum(isinstance(text, KeyMethodMessage) for text in said) >= 6  # renegotiated twice
    assert any(str(text).startswith("PUSH_REPLY,") for text in said)
    assert [one.packet for out, one in found if out].count(OUT) == 3
    assert [one.packet for out, one in found if not out].count(BACK) == 3


@pytest.mark.parametrize("is_exported", [True, False])
@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_both_key_derivations_and_both_versions(version, is_exported, talk, monkeypatch):
    if not is_exported:
        without = peer_info.PROTO_IMPLEMENTED & ~Proto.TLS_KEY_EXPORT
        monkeypatch.setattr(peer_info, "PROTO_IMPLEMENTED", without)
    pair, log = talk({"tls__tls_version_max": version, "tls__tls_version_min": version})
    reader = Reader(log)
    assert OUT in [one.packet for _, one in readings(pair, reader)]
    assert reader.agreement.uses_exporter is is_exported


@pytest.mark.parametrize("cipher", ["AES-256-CBC", "AES-128-OFB", "none", "CHACHA20-POLY1305"])
def test_packets_of_any_cipher(cipher, talk):
    changes = {"data__data_ciphers": (cipher,), "data__auth": "SHA256"}
    pair, key_log = talk(changes, changes)
    packets = [one.packet for _, one in readings(pair, Reader(key_log)) if one.packet is not None]
    assert packets.count(OUT) == packets.count(BACK) == 3


@pytest.mark.parametrize(
    ("cipher", "lacks"),
    [
        ("AES-128-GCM", Proto(0)),
        ("AES-128-GCM", Proto.DATA_EPOCH),
        ("AES-256-CBC", Proto.DATA_V2),
        ("AES-128-OFB", Proto(0)),
        ("none", Proto(0)),
    ],
)
@pytest.mark.parametrize("from_client", [True, False])
def test_a_packet_that_was_sealed_here_is_taken_once_and_only_as_it_is(
    cipher, lacks, from_client, talk, monkeypatch
):
    monkeypatch.setattr(peer_info, "PROTO_IMPLEMENTED", peer_info.PROTO_IMPLEMENTED & ~lacks)
    changes = {"data__data_ciphers": (cipher,), "data__auth": "SHA256"}
    pair, log = talk(changes, changes)
    reader = Reader(log)
    last = max(
        one.packet_id
        for sent, one in readings(pair, reader)
        if one.packet is not None and sent is from_client
    )
    plain = ipv4("10.8.0.2", "10.8.0.1", b"forged") if from_client else b"back to the client"
    assert reader.agreement.has_epochs is (cipher == "AES-128-GCM" and not lacks)
    assert (reader.agreement.peer_id is None) is (lacks is Proto.DATA_V2)
    good = reader.seal(plain, last + 1, from_client=from_client)
    bad = reader.seal(plain, last + 2, from_client=from_client)
    bad[Raw].load = bad[Raw].load[:-1] + bytes((bad[Raw].load[-1] ^ 1,))
    target, sender = (pair.server, CLIENT) if from_client else (pair.client, SERVER)
    before = target.core.drops.copy()
    arriving = [(sender, [bytes(packet) for packet in (good, good, bad)])]
    assert target.core.decapsulate(arriving, pair.network.now) == [plain]
    assert target.core.drops - before == {Drop.REPLAY: 1, Drop.AUTH: 1}
    assert reader.read(bytes(good), from_client=from_client).packet_id == last + 1


def test_without_the_negotiation_nothing_is_sealed(talk):
    pair, log = talk()
    reader = Reader(log)
    with pytest.raises(LabError, match="was not captured whole"):
        reader.seal(OUT, 1, from_client=True)
    readings(pair, reader)
    with pytest.raises(LabError, match="was not captured whole"):
        reader.seal(OUT, 1, from_client=True, key_id=7)


def test_loss_and_repeats_change_nothing(talk):
    pair, log = talk(conditions=Conditions(loss=0.2, reorder=0.2, duplicate=0.2))
    found = readings(pair, Reader(log))
    assert [one.problem for _, one in found if one.problem] == []
    assert [one.packet for out, one in found if out].count(OUT) == 3


def test_what_can_not_be_read_says_why(talk):
    pair, log = talk(*WRAPS["tls-crypt"][:2])
    assert "its tls-crypt key is not known" in readings(pair, Reader())[0][1].problem
    other = Reader(log, wrap_key=bytes(256))
    assert "another tls-crypt key" in readings(pair, other)[0][1].problem
    without = readings(pair, Reader(wrap_key=MATERIAL))
    assert any("the key log has no" in one.problem for _, one in without)
    late = Reader(log, wrap_key=MATERIAL)
    pair.network.log = pair.network.log[6:]
    assert "was not captured whole" in readings(pair, late)[0][1].problem
    assert Reader().read(b"\xff noise", from_client=True).problem == "no packet of OpenVPN's"


def test_the_example_of_the_module():
    assert doctest.testmod(module, optionflags=doctest.ELLIPSIS).failed == 0
