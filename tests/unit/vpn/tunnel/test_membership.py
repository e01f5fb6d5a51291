"""A client's life in the server, from the push to the end."""

from __future__ import annotations

import pytest

from tests.sim.pair import CLIENT, Pair, client_options, ipv4, server_options
from vpn.control import negotiate
from vpn.data import occ
from vpn.events import PeerLeft, TunnelUp
from vpn.wire import messages
from vpn.wire.peer_info import PROTO_IMPLEMENTED


@pytest.fixture
def patient_client(monkeypatch):
    """A client that asks for its push, as those before 2.6 do."""
    info = "IV_CIPHERS=AES-256-GCM\nIV_PROTO=2\n"
    monkeypatch.setattr(negotiate, "own_peer_info", lambda *_: info)


def push_replies(lines) -> int:
    return sum(message.startswith("203.") is False and "SENT CONTROL [Test-Client]: 'PUSH_REPLY"
               in message for message in lines.messages)  # fmt: skip


def test_client_that_does_not_ask_is_told_at_once(lines):
    pair = Pair()
    assert pair.connect(0.9)  # sooner than a first request would come
    assert "PUSH_REQUEST" not in lines.text


@pytest.mark.usefixtures("patient_client")
def test_client_that_asks_is_told_when_it_asks(lines):
    pair = Pair()
    assert not pair.connect(0.9)
    assert pair.connect(2)
    assert push_replies(lines) == 1


@pytest.mark.usefixtures("patient_client")
def test_repeated_requests_are_passed_over_for_half_a_minute(lines):
    pair = Pair()
    assert pair.connect(5)
    session = pair.client.core.peer.session
    for seconds, expected in ((1, 1), (27, 1), (3, 2)):
        pair.run_for(seconds)
        session.send_message(messages.PUSH_REQUEST)
        pair.run_for(0.5)
        assert push_replies(lines) == expected


@pytest.mark.usefixtures("patient_client")
def test_old_client_is_pushed_nothing_it_does_not_know():
    pair = Pair()
    assert pair.connect(5)
    (up,) = pair.client.saw(TunnelUp)
    assert (up.options.push.peer_id, up.options.push.cipher) == (0, "AES-256-GCM")
    assert up.options.push.protocol_flags == frozenset()
    assert up.options.push.key_derivation is None


@pytest.mark.parametrize("number", ["²", "9" * 5000, "-1"])
def test_numbers_of_the_peer_info_cannot_stop_the_server(monkeypatch, number):
    info = f"IV_CIPHERS=AES-256-GCM\nIV_PROTO={number}\nIV_NCP={number}\n"
    monkeypatch.setattr(negotiate, "own_peer_info", lambda *_: info)
    pair = Pair()
    assert pair.connect(10)


def test_goodbye_over_the_control_channel_takes_five_seconds(lines):
    pair = Pair()
    assert pair.connect(5)
    pair.client.core.peer.session.send_message(messages.EXIT)
    pair.run_for(4.5)
    assert len(pair.admitted) == 1
    assert any(message.endswith("Delayed exit in 5 seconds") for message in lines.messages)
    pair.run_for(1)
    assert pair.server.saw(PeerLeft)[0].reason == "delayed-exit"
    assert "SIGTERM[soft,delayed-exit] received, client-instance exiting" in lines.text


def test_goodbye_inside_the_tunnel_is_at_once():
    pair = Pair()
    assert pair.connect(5)
    datagrams = pair.client.core.peer.seal_payload(occ.message(occ.EXIT))
    pair.network.send(pair.client.address, pair.server.address, datagrams)
    pair.run_for(0.1)
    assert pair.server.saw(PeerLeft)[0].reason == "remote-exit"


def test_client_without_a_common_cipher_is_gone_after_five_seconds():
    pair = Pair(
        client=client_options(data__data_ciphers=("AES-128-GCM",)),
        server=server_options(data__data_ciphers=("AES-256-GCM",)),
    )
    pair.run_for(4)
    assert len(pair.server.core.clients) == 1
    pair.run_for(2)
    assert len(pair.server.core.clients) == 0
    assert not pair.server.saw(PeerLeft)


def test_address_is_free_again_when_its_client_is_gone():
    pair = Pair()
    assert pair.connect(5)
    (entry,) = pair.admitted
    members = pair.server.core._members
    members.remove(entry, "test", pair.network.now)
    members.remove(entry, "test", pair.network.now)  # a second time changes nothing
    pair.run_for(0.1)
    assert len(pair.server.saw(PeerLeft)) == 1
    pool = pair.server.core.pool
    assert str(pool.take("Test-Client").ipv4) == "10.8.0.2"
    assert str(pool.take("another").ipv4) == "10.8.0.3"


def test_client_that_restarts_at_its_address_takes_its_own_place():
    """Also where duplicate-cn lets others of its name stay."""
    server = server_options(server__duplicate_cn=True)
    pair = Pair(server=server, extra_clients=(client_options(),))
    assert pair.connect(5)
    assert len(pair.admitted) == 2
    pair.client.core.restart("", pair.network.now)
    pair.run_for(10)
    assert len(pair.admitted) == 2
    assert [left.address for left in pair.server.saw(PeerLeft)] == [CLIENT]
    pair.client.packets.clear()
    address = pair.client.saw(TunnelUp)[-1].options.tun.ifconfig[0]
    pair.send_from_server(ipv4("10.8.0.1", address))
    pair.run_for(1)
    assert len(pair.client.packets) == 1


def test_what_a_client_tells_of_itself_is_in_the_log(lines):
    pair = Pair()
    assert pair.connect(5)
    told = [text for text in lines.messages if "peer info: " in text]
    assert f"203.0.113.2:40000 peer info: IV_PROTO={int(PROTO_IMPLEMENTED)}" in told
    assert any("peer info: IV_CIPHERS=AES-256-GCM" in text for text in told)


def test_server_without_a_pool_says_that_a_client_has_no_address(lines):
    pair = Pair(server=server_options(server__pool=None))
    assert pair.connect(5)
    words = "MULTI: no dynamic or static remote --ifconfig address is available for Test-Client/"
    assert words in lines.text
    assert "MULTI_sva" not in lines.text
