"""Pool, routes, remotes, verdicts: the small tables of a tunnel's ends."""

from __future__ import annotations

import logging
from ipaddress import IPv4Address, ip_network

from vpn.config.options import Connection, LinkOptions, Proto, TlsOptions
from vpn.trace import PeerLog
from vpn.tunnel import deadlines
from vpn.tunnel.pool import AddressPool
from vpn.tunnel.remotes import Remotes
from vpn.tunnel.routes import RouteTable
from vpn.tunnel.verdicts import Exit, Restart, Wait, verdict


def test_earliest_passes_over_what_is_absent():
    assert deadlines.earliest(None, 3, 2, None) == 2
    assert deadlines.earliest(None) is None


def test_pool_gives_a_name_its_address_again():
    pool = AddressPool("10.8.0.2", "10.8.0.4")
    first = pool.take("a")
    second = pool.take("b")
    pool.release(first, 5)
    pool.release(second, 6)
    assert pool.take("b") == second
    assert pool.take("c") == IPv4Address("10.8.0.4")  # never used comes first
    assert pool.take("d") == first
    assert pool.take("e") is None


def test_net30_pool_gives_the_third_of_four():
    pool = AddressPool("10.8.0.4", "10.8.0.15", is_net30=True)
    assert [str(pool.take(n)) for n in "abc"] == ["10.8.0.6", "10.8.0.10", "10.8.0.14"]
    assert pool.take("d") is None
    pool.release(IPv4Address("10.8.0.10"), 1)
    assert str(pool.take("d")) == "10.8.0.10"


def test_longest_prefix_wins_and_leaves_with_its_peer():
    table: RouteTable[str] = RouteTable()
    table.learn(bytes([10, 8, 0, 2]), "host")
    table.add_network(ip_network("10.9.0.0/16"), "wide")
    table.add_network(ip_network("10.9.1.0/24"), "narrow")
    assert table.lookup(bytes([10, 8, 0, 2])) == "host"
    assert table.lookup(bytes([10, 9, 1, 7])) == "narrow"
    assert table.lookup(bytes([10, 9, 2, 7])) == "wide"
    assert table.lookup(bytes([10, 10, 0, 1])) is None
    table.forget("narrow")
    assert table.lookup(bytes([10, 9, 1, 7])) == "wide"


def test_remotes_in_turn_and_growing_pauses():
    connections = tuple(Connection(host, 1194, Proto.UDP) for host in ("a", "b"))
    remotes = Remotes(LinkOptions(connections=connections))
    assert remotes.open().host == "a"
    remotes.advance()
    assert remotes.open().host == "b"
    for _ in range(10):
        remotes.open()
    assert remotes.pause() == 8
    assert remotes.pause(is_tcp=True) == 2
    assert remotes.pause(at_least=42) == 42
    remotes.succeeded()
    assert remotes.pause() == 2


def test_verdicts():
    tls, peer_log = TlsOptions(), PeerLog(logging.getLogger("vpn.client"))
    temporary = "auth-temp-failure (server temporary reject)"
    assert verdict("AUTH_FAILED", tls, peer_log) == Exit("auth-failure")
    assert verdict("AUTH_FAILED,TEMP[backoff 9]:x", tls, peer_log) == Restart(temporary, True, 9)
    reset = "server-pushed-connection-reset"
    assert verdict("RESTART,[N]", tls, peer_log) == Restart(reset, True)
    assert verdict("RESTART", tls, peer_log) == Restart(reset, False)
    assert verdict("HALT,bye", tls, peer_log) == Exit("server-pushed-halt")
    assert verdict("AUTH_PENDING,timeout 90", tls, peer_log) == Wait(90)
    assert verdict("INFO,hello", tls, peer_log) is None
