"""The inner routing table."""

from __future__ import annotations

from ipaddress import ip_address, ip_network

import pytest

from vpn.tunnel.routes import MAX_HOSTS_PER_PEER, RouteTable


def packed(text: str) -> bytes:
    return ip_address(text).packed


@pytest.fixture
def table() -> RouteTable[str]:
    made: RouteTable[str] = RouteTable()
    for network, owner in (
        ("0.0.0.0/0", "all"),
        ("10.9.0.0/16", "wide"),
        ("10.9.1.0/24", "narrow"),
        ("10.9.1.128/25", "half"),
        ("2001:db8::/32", "six"),
        ("2001:db8:1::/48", "sixth"),
    ):
        made.add_network(ip_network(network), owner)
    made.learn(packed("10.9.1.7"), "host")
    return made


@pytest.mark.parametrize(
    ("address", "owner"),
    [
        ("10.9.1.7", "host"),
        ("10.9.1.8", "narrow"),
        ("10.9.1.128", "half"),
        ("10.9.2.1", "wide"),
        ("192.0.2.1", "all"),
        ("2001:db8::1", "six"),
        ("2001:db8:1::1", "sixth"),
        ("2001:db9::1", None),
        ("::10.9.1.7", None),
    ],
)
def test_longest_prefix_wins(table, address, owner):
    assert table.lookup(packed(address)) == owner


def test_what_leads_to_a_peer_leaves_with_it(table):
    for owner in ("host", "half", "narrow"):
        table.forget(owner)
    assert table.lookup(packed("10.9.1.7")) == "wide"
    table.forget("nobody")


def test_learning_tells_what_is_new_or_has_moved():
    table: RouteTable[str] = RouteTable()
    mac = bytes.fromhex("02aaaaaaaaaa")
    assert table.learn(mac, "a")
    assert not table.learn(mac, "a")
    assert table.learn(mac, "b")
    assert table.lookup(mac) == "b"
    table.forget("a")
    assert table.lookup(mac) == "b"


def test_one_peer_fills_no_more_than_its_share():
    table: RouteTable[str] = RouteTable()
    table.learn(b"other", "b")
    for number in range(2 * MAX_HOSTS_PER_PEER):
        table.learn(number.to_bytes(6, "big"), "a")
    assert len(table.hosts) == MAX_HOSTS_PER_PEER + 1
    assert not table.learn(b"other", "a")
    table.forget("a")
    assert table.learn(b"other", "a")


def test_an_address_that_moves_away_makes_room():
    table: RouteTable[str] = RouteTable()
    for number in range(MAX_HOSTS_PER_PEER):
        table.learn(number.to_bytes(6, "big"), "a")
    table.learn(bytes(6), "b")
    assert table.learn(b"new", "a")
