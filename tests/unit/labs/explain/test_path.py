"""What is read from sights and rules: how far a packet came, and which rule took it."""

from __future__ import annotations

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from labs.explain.path import Probe, last_sight, outgoing, taken
from labs.explain.watch import Sight, Watch
from netns import Step


def sight(time, sender, onward, packet):
    return Sight(time, "cable", sender, "eth0", onward, Ether() / IP() / packet)


def probe(sights, *, proto="udp", sent=(b"first",)):
    return Probe(None, proto, "192.0.2.1", 1194, 5000, sent, (), "", Watch(sights))


def step(rule, verdict, port):
    headers = f"ip daddr 192.0.2.1 udp sport 5000 udp dport {port} udp length 22"
    return Step("1", "inet firewall", "forward", rule, verdict, headers)


def test_a_datagram_is_known_by_its_content_behind_a_nat_too():
    inside = sight(1, "client", "nat", UDP(sport=5000) / Raw(b"first"))
    outside = sight(2, "nat", "internet", UDP(sport=40000) / Raw(b"first"))
    other = sight(3, "nat", "internet", UDP(sport=40000) / Raw(b"other"))
    found = outgoing(probe([inside, outside, other]))
    assert found == [inside, outside]
    assert last_sight(found).next == "internet"


def test_over_tcp_it_is_what_opens_the_connection():
    opening = sight(1, "client", "nat", TCP(flags="S"))
    found = outgoing(probe([opening, sight(2, "nat", "x", TCP(flags="SA"))], proto="tcp"))
    assert found == [opening]


def test_nothing_was_seen():
    assert last_sight(outgoing(probe([]))) is None


def test_the_rule_that_took_it_is_about_its_port():
    passed = step("open-udp-1194", "accept", 1194)
    other = step("forward-default", "drop", 11940)
    dropped = step("forward-default", "drop", 1194)
    assert taken([passed, other, dropped], 1194) is dropped
    assert taken([passed, other], 1194) is None
