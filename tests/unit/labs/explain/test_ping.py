"""A ping that was followed: its stays in order, and which of the two was lost."""

from __future__ import annotations

from types import SimpleNamespace

from labs import topologies
from labs.explain.ping import REPLY, REQUEST, Journey, Ping, Stay, _journey, _stays, cable_of
from netns import Passage, Step

LAB = SimpleNamespace(topology=topologies.find("three-lans"))
THROUGH = frozenset({"prerouting", "forward", "postrouting"})


def stay(node, came, left, hooks=THROUGH):
    return Stay(node, came, left, frozenset(hooks), "10.8.0.2", "10.20.0.10")


CLIENT = stay("client", "", "tun0", {"output", "postrouting"})
SERVER = stay("server", "tun0", "eth1")
FILES = stay("files", "eth0", "", {"prerouting", "input"})


def headers(kind, devs):
    return f"{devs} ip saddr 10.8.0.2 ip daddr 10.20.0.10 icmp type {kind} icmp id 40000"


def watch(passages, steps=()):
    return SimpleNamespace(passages=lambda: list(passages), steps=lambda: list(steps))


def test_each_link_leads_to_the_next_node():
    told = [(REQUEST, FILES), (REPLY, stay("files", "", "eth0")), (REQUEST, SERVER)]
    journey = _journey(LAB, [*told, (REQUEST, CLIENT)], "client", REQUEST)
    assert journey.nodes == ("client", "server", "files")
    assert journey.is_whole
    assert str(journey) == "client (tun0) -> (tun0) server (eth1) -> (eth0) files"


def test_it_ends_where_no_other_node_has_seen_it():
    journey = _journey(LAB, [(REQUEST, CLIENT), (REQUEST, FILES)], "client", REQUEST)
    assert journey.nodes == ("client",)
    assert not journey.is_whole


def test_a_node_tells_by_which_links_it_came_and_left():
    came, both = 'iif "tun0"', 'iif "tun0" oif "eth1"'
    passages = [
        Passage("a", "prerouting", headers(REQUEST, came)),
        Passage("a", "postrouting", headers(REQUEST, both)),
    ]
    assert list(_stays("server", watch(passages))) == [
        (REQUEST, stay("server", "tun0", "eth1", {"prerouting", "postrouting"}))
    ]


def test_what_a_rule_took_has_not_left():
    passages = [Passage("a", "prerouting", headers(REQUEST, 'iif "tun0"'))]
    step = Step("a", "inet firewall", "forward", "no-clients", "drop", "")
    ((_kind, found),) = _stays("server", watch(passages, [step]))
    assert found.taken_by == step
    assert not found.left


def test_the_answer_is_lost_if_the_request_was_delivered():
    there = Journey((CLIENT, SERVER, FILES))
    seen = Ping("client", "10.20.0.10", there, Journey(), "")
    assert (seen.what, seen.holder, seen.towards) == ("the answer", "files", "10.8.0.2")
    seen = Ping("client", "10.20.0.10", Journey((CLIENT,)), Journey(), "")
    assert (seen.what, seen.holder, seen.towards) == ("the packet", "client", "10.20.0.10")


def test_the_tunnel_is_no_cable():
    assert cable_of(LAB, "server", "eth1") == "server-lan"
    assert cable_of(LAB, "server", "tun0") is None
