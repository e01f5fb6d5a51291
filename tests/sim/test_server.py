"""The server with several clients: addresses, routing between them, floating, limits."""

from __future__ import annotations

import pytest

from tests.sim.credentials import client_credentials
from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.config.options import DevType, Pool, Topology
from vpn.errors import Drop
from vpn.events import PeerJoined, PeerLeft, TunnelUp


def named(*names: str, **changes: object):
    options = []
    for name in names:
        own = {f"tls__{field}": value for field, value in client_credentials(name).items()}
        options.append(client_options(**own, **changes))
    return options


def crowd(size: int, **server: object) -> Pair:
    first, *others = named(*(f"client-{n}" for n in range(size)))
    pair = Pair(client=first, server=server_options(**server), extra_clients=tuple(others))
    assert pair.connect(30)
    return pair


def address_of(endpoint) -> str:
    return endpoint.saw(TunnelUp)[-1].options.tun.ifconfig[0]


def test_twenty_clients_get_twenty_addresses_and_peer_ids():
    pair = crowd(20)
    assert len({address_of(client) for client in pair.clients}) == 20
    assert {entry.peer_id for entry in pair.admitted} == set(range(20))


def test_packets_of_the_tun_reach_the_client_that_owns_the_address():
    pair = crowd(3)
    for client in pair.clients:
        packet = ipv4("10.8.0.1", address_of(client))
        pair.send_from_server(packet)
        pair.run_for(1)
        assert client.packets == [packet]


def test_packet_for_nobody_is_dropped_by_name():
    pair = crowd(1)
    pair.send_from_server(ipv4("10.8.0.1", "10.8.0.99"))
    assert pair.server.core.drops[Drop.NO_ROUTE] == 1


def test_client_may_not_use_anothers_address():
    pair = crowd(2)
    forged = ipv4(address_of(pair.clients[1]), "10.8.0.1")
    pair.send_from_client(forged)
    pair.run_for(1)
    assert not pair.server.packets
    assert pair.server.core.drops[Drop.BAD_SOURCE] == 1


@pytest.mark.shows("client-to-client")
def test_clients_reach_each_other_inside_the_server_only_when_allowed():
    pair = crowd(2, server__client_to_client=True)
    packet = ipv4(address_of(pair.clients[0]), address_of(pair.clients[1]))
    pair.send_from_client(packet)
    pair.run_for(1)
    assert pair.clients[1].packets == [packet]
    assert not pair.server.packets

    pair = crowd(2)
    packet = ipv4(address_of(pair.clients[0]), address_of(pair.clients[1]))
    pair.send_from_client(packet)
    pair.run_for(1)
    assert not pair.clients[1].packets
    assert pair.server.packets == [packet]  # the kernel decides


def test_multicast_of_the_tun_goes_to_every_client():
    pair = crowd(3)
    packet = ipv4("10.8.0.1", "224.0.0.251")
    pair.send_from_server(packet)
    pair.run_for(1)
    assert all(client.packets == [packet] for client in pair.clients)


@pytest.mark.shows("ifconfig-pool")
def test_pool_that_is_used_up_refuses_the_next_client(caplog):
    pool = Pool("10.8.0.2", "10.8.0.3", "255.255.255.0")
    first, *others = named("a", "b", "c")
    pair = Pair(client=first, server=server_options(server__pool=pool), extra_clients=tuple(others))
    pair.run_for(10)
    assert len(pair.admitted) == 2
    assert "MULTI: no free --ifconfig-pool addresses are available" in caplog.text


def test_net30_gives_each_client_a_subnet_of_four():
    first, second = named("a", "b", tun__topology=Topology.NET30)
    pair = Pair(
        client=first,
        extra_clients=(second,),
        server=server_options(
            tun__topology=Topology.NET30,
            tun__ifconfig=("10.8.0.1", "10.8.0.2"),
            server__pool=Pool("10.8.0.4", "10.8.0.251", None),
            server__push=("route 10.8.0.1", "topology net30", "ping 10", "ping-restart 60"),
        ),
    )
    assert pair.connect(10)
    given = sorted(c.saw(TunnelUp)[0].options.tun.ifconfig for c in pair.clients)
    assert given == [("10.8.0.10", "10.8.0.9"), ("10.8.0.6", "10.8.0.5")]


@pytest.mark.shows("duplicate-cn")
def test_same_name_drops_the_older_client_unless_duplicates_are_allowed():
    pair = Pair(client=client_options(), extra_clients=(client_options(),))
    pair.run_for(1.5)
    assert len(pair.server.saw(PeerJoined)) == 2
    assert len(pair.admitted) == 1
    assert pair.server.saw(PeerLeft)[0].reason == "duplicate-cn"

    pair = Pair(
        client=client_options(),
        extra_clients=(client_options(),),
        server=server_options(server__duplicate_cn=True),
    )
    assert pair.connect(10)
    assert len(pair.admitted) == 2


def test_client_that_changes_its_address_is_followed():
    pair = crowd(2)
    client = pair.clients[0]
    moved = client.address._replace(host="203.0.113.77", port=5555)
    client.address = moved
    packet = ipv4(address_of(client), "10.8.0.1")
    pair.send_from_client(packet)
    pair.run_for(1)
    assert pair.server.packets == [packet]
    back = ipv4("10.8.0.1", address_of(client))
    pair.send_from_server(back)
    pair.run_for(1)
    assert client.packets == [back]


def test_a_stranger_cannot_move_a_client():
    pair = crowd(1)
    entry = pair.admitted[0]
    before = entry.peer.address
    genuine = entry.peer.channel.seal(b"x" * 40)  # the wrong direction's key: not genuine here
    stranger = before._replace(host="203.0.113.66")
    pair.server.core.decapsulate([(stranger, [genuine])], pair.network.now)
    assert entry.peer.address == before
    assert pair.server.core.drops[Drop.AUTH] == 1


def test_replayed_data_is_dropped_by_name():
    pair = crowd(1)
    pair.send_from_client(ipv4(address_of(pair.client), "10.8.0.1"))
    datagram = pair.network.log[-1][3]
    pair.run_for(1)
    pair.server.core.decapsulate([(pair.client.address, [datagram])], pair.network.now)
    assert len(pair.server.packets) == 1
    assert pair.server.core.drops[Drop.REPLAY] == 1


@pytest.mark.shows("max-clients")
def test_server_that_is_full_takes_no_more():
    first, *others = named("a", "b")
    server = server_options(server__max_clients=1)
    pair = Pair(client=first, server=server, extra_clients=tuple(others))
    pair.run_for(20)
    assert len(pair.server.core.clients) == 1
    assert pair.server.core.drops[Drop.RATE_LIMIT]


def tap_crowd(**server: object) -> Pair:
    first, second = named("a", "b", tun__dev_type=DevType.TAP, tun__dev="tap")
    server_side = server_options(tun__dev_type=DevType.TAP, tun__dev="tap", **server)
    pair = Pair(client=first, server=server_side, extra_clients=(second,))
    assert pair.connect(10)
    return pair


def frame(to: str, source: str, ethertype: int = 0x0800) -> bytes:
    return bytes.fromhex(to + source) + ethertype.to_bytes(2, "big") + b"payload"


A, B, HOST, ALL = "02aaaaaaaaaa", "02bbbbbbbbbb", "02cccccccccc", "ffffffffffff"


def test_tap_learns_where_a_mac_is_and_carries_any_frame():
    pair = tap_crowd()
    pair.send_from_client(frame(ALL, A, 0x8137))  # IPX
    pair.run_for(1)
    assert pair.server.packets == [frame(ALL, A, 0x8137)]
    pair.send_from_server(frame(A, HOST))
    pair.run_for(1)
    assert pair.clients[0].packets == [frame(A, HOST)]
    assert not pair.clients[1].packets


@pytest.mark.parametrize("joined", [True, False])
def test_tap_broadcast_reaches_other_clients_when_they_are_joined(joined):
    pair = tap_crowd(server__client_to_client=joined)
    pair.send_from_client(frame(ALL, A))
    pair.run_for(1)
    assert pair.server.packets == [frame(ALL, A)]
    assert pair.clients[1].packets == ([frame(ALL, A)] if joined else [])


def test_broadcast_of_the_tap_goes_to_every_client():
    pair = tap_crowd()
    pair.send_from_server(frame(ALL, HOST))
    pair.run_for(1)
    assert all(client.packets == [frame(ALL, HOST)] for client in pair.clients)


@pytest.mark.shows("vlan-tagging", "vlan-pvid")
def test_vlans_keep_clients_apart():
    pair = tap_crowd(server__client_to_client=True, access__vlan_tagging=True, access__vlan_pvid=5)
    _, two = pair.admitted
    two.vlan = 7  # as `vlan-pvid 7` in its own file would make it
    pair.send_from_client(frame(ALL, A))
    pair.run_for(1)
    assert pair.server.packets == [frame(ALL, A)]
    assert not pair.clients[1].packets
    tagged = frame(ALL, HOST)[:12] + b"\x81\x00\x00\x07" + frame(ALL, HOST)[12:]
    pair.send_from_server(tagged)
    pair.run_for(1)
    assert pair.clients[1].packets == [frame(ALL, HOST)]
    assert not pair.clients[0].packets
    pair.send_from_client(tagged)
    pair.run_for(1)
    assert pair.server.core.drops[Drop.VLAN] == 1


@pytest.mark.shows("stale-routes-check")
def test_macs_that_were_not_seen_for_long_are_forgotten():
    pair = tap_crowd(access__stale_routes=(20, 5))
    pair.send_from_client(frame(ALL, A))
    pair.run_for(10)
    routes = pair.server.core._switch.routes
    assert len(routes.hosts) == 1
    pair.run_for(30)
    assert not routes.hosts


def test_the_first_mac_that_is_learned_stirs_the_server():
    pair = tap_crowd(access__stale_routes=(20, 5))
    server = pair.server.core
    datagrams = pair.client.core.encapsulate([frame(ALL, A)], pair.network.now)
    server.next_deadline()
    assert not server.is_stirred
    came = [(pair.client.address, batch) for _, batch in datagrams]
    assert server.decapsulate(came, pair.network.now)
    assert server.is_stirred
    assert server.next_deadline() <= pair.network.now + 5
    assert not server.is_stirred


@pytest.mark.shows("max-routes-per-client")
def test_a_client_has_no_more_macs_than_it_may():
    pair = tap_crowd(access__max_routes=2)
    for last in range(4):
        pair.send_from_client(frame(ALL, A[:-1] + str(last)))
    pair.run_for(1)
    assert len(pair.server.core._switch.routes.hosts) == 2
