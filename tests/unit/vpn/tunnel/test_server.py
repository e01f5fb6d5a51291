"""The server: who a data packet belongs to, and what cannot be borrowed."""

from __future__ import annotations

import pytest

from tests.sim.credentials import client_credentials
from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.control import negotiate
from vpn.errors import Drop
from vpn.events import CloseLink, Exiting, PeerLeft, TunnelUp

UP = ipv4("10.8.0.2", "10.8.0.1")


def two(**changes: object) -> Pair:
    own = {f"tls__{field}": value for field, value in client_credentials("other").items()}
    pair = Pair(extra_clients=(client_options(**own),), **changes)
    assert pair.connect(10)
    return pair


def test_packet_of_a_stream_is_not_taken_from_another_stream():
    """A peer id alone says nothing: over TCP a client is its connection."""
    pair = two(is_tcp=True)
    first, second = pair.clients
    pair.network.filter = lambda *_: False
    pair.send_from_client(UP)
    datagram = pair.network.log[-1][3]
    server = pair.server.core
    assert server.decapsulate([(second.address, [datagram])], pair.network.now) == []
    assert server.drops[Drop.UNKNOWN_PEER] == 1
    assert {entry.peer.address for entry in pair.admitted} == {first.address, second.address}
    assert server.decapsulate([(first.address, [datagram])], pair.network.now) == [UP]


def test_forged_packet_ends_its_own_stream_only():
    pair = two(is_tcp=True)
    first, second = pair.clients
    pair.network.filter = lambda *_: False
    pair.send_from_client(UP)
    datagram = bytearray(pair.network.log[-1][3])
    datagram[-1] ^= 1
    pair.server.core.decapsulate([(first.address, [bytes(datagram)])], pair.network.now)
    events = pair.server.core.events()
    assert CloseLink(first.address) in events
    assert CloseLink(second.address) not in events
    assert [entry.peer.address for entry in pair.admitted] == [second.address]


def test_forged_datagram_over_udp_costs_nothing_but_itself():
    pair = two()
    pair.network.filter = lambda *_: False
    pair.send_from_client(UP)
    datagram = pair.network.log[-1][3]
    for forged in (datagram[:-1], datagram[:-1] + b"x", datagram[:8], datagram[:3], datagram[:1]):
        pair.server.core.decapsulate([(pair.client.address, [forged])], pair.network.now)
    assert len(pair.admitted) == 2
    pair.network.filter = None
    pair.send_from_client(UP)
    pair.run_for(1)
    assert pair.server.packets == [UP]


def test_unknown_peer_id_is_dropped_by_name():
    pair = two()
    datagram = bytes([0x48, 0, 0, 99]) + bytes(40)
    pair.server.core.decapsulate([(pair.client.address, [datagram])], pair.network.now)
    assert pair.server.core.drops[Drop.UNKNOWN_PEER] == 1


def test_float_to_anothers_address_is_refused(lines):
    pair = two()
    pair.network.filter = lambda *_: False
    pair.send_from_client(UP)
    datagram = pair.network.log[-1][3]
    taken = pair.clients[1].address
    assert pair.server.core.decapsulate([(taken, [datagram])], pair.network.now) == [UP]
    assert pair.admitted[0].peer.address == pair.client.address
    assert f"Disallow float to an address taken by another client {taken}" in lines.messages


def test_control_packets_come_from_the_known_address_only():
    pair = two()
    pair.network.filter = lambda *_: False
    pair.client.core.peer.session.send_message("PUSH_REQUEST")
    (_, datagrams), = pair.client.core.datagrams_to_send(pair.network.now)  # fmt: skip
    moved = pair.client.address._replace(port=1)
    pair.server.core.decapsulate([(moved, [datagrams[0]])], pair.network.now)
    assert pair.server.core.drops[Drop.UNKNOWN_SESSION] == 1


def test_client_without_peer_ids_is_known_by_its_address(monkeypatch):
    info = "IV_CIPHERS=AES-256-GCM\nIV_PROTO=0\n"
    monkeypatch.setattr(negotiate, "own_peer_info", lambda *_: info)
    pair = Pair()
    assert pair.connect(10)
    pair.send_from_client(UP)
    assert pair.network.log[-1][3][0] == 0x30
    pair.run_for(1)
    assert pair.server.packets == [UP]
    stranger = pair.client.address._replace(port=1)
    pair.server.core.decapsulate([(stranger, [pair.network.log[-1][3]])], pair.network.now)
    assert pair.server.core.drops[Drop.UNKNOWN_PEER] == 1


def test_start_gives_the_servers_own_settings_and_restart_drops_everyone():
    pair = two()
    assert len(pair.server.saw(TunnelUp)) == 1
    pair.server.core.restart("", pair.network.now)
    pair.run_for(0.1)
    assert len(pair.server.saw(PeerLeft)) == 2


@pytest.mark.parametrize("notify", [0, 1])
def test_stop_waits_only_if_someone_is_to_be_told(notify):
    pair = Pair(server=server_options(link__explicit_exit_notify=notify))
    pair.network.filter = lambda *_: False
    pair.server.core.stop(pair.network.now)
    pair.run_for(0.1)
    assert pair.server.saw(Exiting)[0].source == "hard"


def test_lost_stream_removes_its_client():
    pair = two(is_tcp=True)
    pair.server.core.link_lost(pair.client.address, "connection-reset", pair.network.now)
    pair.server.core.link_lost(None, "nothing", pair.network.now)
    pair.run_for(0.01)
    assert pair.server.saw(PeerLeft)[0].reason == "connection-reset"
    assert len(pair.admitted) == 1


def test_status_counts_what_passed():
    pair = two()
    pair.run_for(5)  # the last acknowledgements of the handshakes
    before = pair.server.core.status(pair.network.now).link_read_bytes
    for _ in range(3):
        pair.send_from_client(UP)
    pair.run_for(1)
    status = pair.server.core.status(pair.network.now)
    assert {peer.common_name for peer in status.peers} == {"Test-Client", "other"}
    mine = next(peer for peer in status.peers if peer.common_name == "Test-Client")
    assert (mine.tunnel_address, mine.cipher) == ("10.8.0.2", "AES-256-GCM")
    assert status.tun_write_bytes == 3 * len(UP)
    assert status.link_read_bytes == before + 3 * (len(UP) + 28)
    assert mine.bytes_received > 3 * (len(UP) + 24)  # the handshake counts as well
