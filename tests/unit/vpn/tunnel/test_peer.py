"""One remote: ageing replay windows, packet ids that run out, a name that changes."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scapy.layers.inet import IP, TCP

from tests.sim.credentials import credentials
from tests.sim.pair import WALL_CLOCK, Pair, client_options, ipv4, server_options
from vpn.config.options import Compression
from vpn.control.tls import TlsContext
from vpn.crypto.data_key import PACKET_ID_MAX
from vpn.data.channel import RENEGOTIATE_BEFORE, STOP_BEFORE
from vpn.data.keepalive import PING
from vpn.errors import Drop
from vpn.events import Restarting

UP = ipv4("10.8.0.2", "10.8.0.1")


CBC = ("AES-256-CBC",)  # its packet ids have 32 bits


def connected(ciphers: tuple[str, ...] = ("AES-256-GCM",), **changes: object) -> Pair:
    pair = Pair(
        client=client_options(data__data_ciphers=ciphers, **changes),
        server=server_options(data__data_ciphers=ciphers, tls__reneg_sec=0),
    )
    assert pair.connect(10)
    return pair


def test_late_packet_is_refused_after_a_silence():
    pair = connected()
    pair.network.filter = lambda *_: False
    for _ in range(3):
        pair.send_from_client(UP)
    held_back, *others = [datagram for *_, datagram in pair.network.log[-3:]]
    server, now = pair.server.core, pair.network.now
    for datagram in others:
        assert server.decapsulate([(pair.client.address, [datagram])], now) == [UP]
    assert server.decapsulate([(pair.client.address, [held_back])], now + 40) == []
    assert server.drops[Drop.REPLAY] == 1


def test_late_packet_of_the_last_seconds_is_taken():
    pair = connected()
    pair.network.filter = lambda *_: False
    for _ in range(2):
        pair.send_from_client(UP)
    held_back, other = [datagram for *_, datagram in pair.network.log[-2:]]
    server, now = pair.server.core, pair.network.now
    server.decapsulate([(pair.client.address, [other])], now)
    assert server.decapsulate([(pair.client.address, [held_back])], now + 10) == [UP]


@pytest.mark.shows("replay-window")
@pytest.mark.parametrize(("size", "is_taken"), [(64, True), (8, False)])
def test_a_packet_may_be_overtaken_by_as_many_as_the_window_holds(size, is_taken):
    pair = Pair(server=server_options(data__replay_window=(size, 15)))
    assert pair.connect(10)
    pair.network.filter = lambda *_: False
    for _ in range(20):
        pair.send_from_client(UP)
    held_back, *others = [datagram for *_, datagram in pair.network.log[-20:]]
    server, now = pair.server.core, pair.network.now
    server.decapsulate([(pair.client.address, others)], now)
    assert bool(server.decapsulate([(pair.client.address, [held_back])], now)) is is_taken


def test_packet_ids_that_run_out_bring_a_new_key():
    pair = connected(CBC, tls__reneg_sec=0)
    slot = pair.client.core.peer.channel.newest
    slot.send_packet_id = PACKET_ID_MAX - RENEGOTIATE_BEFORE - 2
    for _ in range(2):
        pair.send_from_client(UP)
    pair.run_for(2)
    assert pair.client.core.peer.channel.sealing_key_id == 1
    pair.send_from_client(UP)
    pair.run_for(1)
    assert len(pair.server.packets) == 3


def test_without_a_new_key_packets_are_dropped_by_name_and_nothing_is_raised():
    pair = connected(CBC, tls__reneg_sec=0)
    pair.client.core.peer.channel.newest.send_packet_id = PACKET_ID_MAX - STOP_BEFORE - 1
    pair.network.filter = lambda *_: False
    for _ in range(3):
        pair.send_from_client(UP)
        pair.client.core.datagrams_to_send(pair.network.now)  # the end of a batch
    assert pair.client.core.drops[Drop.NOT_CONNECTED] == 2


def change_certificate(session, name: str) -> None:
    own = credentials(name, "client")
    options = client_options(tls__cert=own["cert"], tls__key=own["key"])
    context = TlsContext(options, WALL_CLOCK, is_server=False)
    session._config = replace(session._config, tls=context)


@pytest.mark.parametrize(("name", "stays"), [("Test-Client", True), ("Somebody-Else", False)])
def test_client_may_not_change_its_name_when_it_renegotiates(name, stays, lines):
    pair = connected(tls__reneg_sec=0)
    session = pair.client.core.peer.session
    change_certificate(session, name)
    session.renegotiate(pair.network.now)
    pair.run_for(1)
    assert bool(pair.admitted) is stays
    words = "TLS object CN attempted to change from 'Test-Client' to 'Somebody-Else'"
    assert (words in lines.text) is not stays


def test_client_may_not_change_its_certificate_when_it_renegotiates(lines):
    pair = connected(tls__reneg_sec=0)
    pair.admitted[0].peer.certificate = b"another one of the same name"
    pair.client.core.peer.session.renegotiate(pair.network.now)
    pair.run_for(1)
    assert not pair.admitted
    assert "client-provided certificate changed during the session" in lines.text


def test_ping_never_reaches_the_tun_but_counts_as_a_sign_of_life():
    pair = connected()
    entry = pair.admitted[0]
    pair.run_for(55)  # the pushed ping-restart is 60 s
    (datagram,) = entry.peer.seal_payload(PING)
    pair.network.conditions.loss = 1.0
    assert pair.client.core.decapsulate([(pair.server.address, [datagram])], pair.network.now) == []
    pair.run_for(59)
    assert not pair.client.saw(Restarting)
    pair.run_for(2)
    assert pair.client.saw(Restarting)[0].reason == "ping-restart"


def test_mssfix_of_one_end_holds_for_both_directions():
    pair = connected(link__mssfix=1000, link__mssfix_mode="fixed")
    for send, received, ends in (
        (pair.send_from_client, pair.server, ("10.8.0.2", "10.8.0.1")),
        (pair.send_from_server, pair.client, ("10.8.0.1", "10.8.0.2")),
    ):
        source, destination = ends
        send(bytes(IP(src=source, dst=destination) / TCP(flags="S", options=[("MSS", 1460)])))
        pair.run_for(1)
        assert IP(received.packets.pop())[TCP].options == [("MSS", 960)]


def test_framing_of_the_options_is_put_around_every_packet():
    changes = {"data__compression": Compression.STUB}
    pair = Pair(client=client_options(**changes), server=server_options(**changes))
    assert pair.connect(10)
    pair.send_from_client(UP)
    pair.run_for(1)
    assert pair.server.packets == [UP]
    pair.admitted[0].peer._configure(server_options())
    pair.send_from_client(UP)
    pair.run_for(1)
    assert pair.server.core.drops[Drop.BAD_PACKET] == 1  # FB is no IP version
