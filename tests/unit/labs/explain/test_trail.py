"""What is read from sights and rules: how far a packet came, and which rule took it."""

from __future__ import annotations

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from labs.explain import trail
from labs.explain.path import Probe
from labs.explain.watch import Sight, Watch
from netns import Step


def sight(time, sender, onward, packet, source="192.0.2.9", target="192.0.2.1"):
    frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")
    whole = Ether(bytes(frame / IP(src=source, dst=target) / packet))
    return Sight(time, "cable", sender, "eth0", onward, whole)


def probe(sights, *, proto="udp", sent=(b"first",)):
    return Probe(None, proto, "192.0.2.1", 1194, 5000, sent, (), "", Watch(sights))


def step(rule, verdict, port):
    headers = f"ip daddr 192.0.2.1 ip length 42 udp sport 5000 udp dport {port} udp length 22"
    return Step("1", "inet firewall", "forward", rule, verdict, headers)


def udp(content, sport=5000, dport=1194):
    return UDP(sport=sport, dport=dport) / Raw(content)


def test_a_datagram_is_known_by_its_content_behind_a_nat_too():
    inside = sight(1, "client", "nat", udp(b"first"))
    outside = sight(2, "nat", "internet", udp(b"first", sport=40000))
    other = sight(3, "nat", "internet", udp(b"other", sport=40000))
    found = trail.outgoing(probe([outside, inside, other]))
    assert found.sights == (inside, outside)
    assert found.holder == "internet"
    assert str(found) == "client -> nat -> internet"


def test_over_tcp_it_is_what_opens_the_connection_to_the_port():
    opening = sight(1, "client", "nat", TCP(dport=1194, flags="S"))
    others = [
        sight(2, "nat", "x", TCP(sport=1194, flags="SA")),
        sight(3, "nat", "x", TCP(dport=80, flags="S")),
    ]
    assert trail.outgoing(probe([opening, *others], proto="tcp")).sights == (opening,)


def test_nothing_was_seen():
    assert not trail.outgoing(probe([]))
    assert not trail.answer(probe([]), trail.of([]))


def test_the_answer_goes_to_where_the_packet_seemed_to_come_from():
    first = sight(1, "nat", "server", udp(b"first", sport=40000), source="203.0.113.2")
    back = [
        sight(2, "server", "nat", udp(b"answer", 1194, 40000), target="203.0.113.2"),
        sight(3, "nat", "client", udp(b"answer", 1194, 5000), target="192.168.50.10"),
    ]
    asked = probe([first, *back, sight(4, "server", "nat", udp(b"x", 1194, 7))])
    found = trail.answer(asked, trail.outgoing(asked))
    assert found.nodes == ("server", "nat", "client")


def test_the_rule_that_took_it_is_about_its_port():
    passed = step("open-udp-1194", "accept", 1194)
    other = step("forward-default", "drop", 11940)
    dropped = step("forward-default", "drop", 1194)
    assert trail.taken([passed, other, dropped], 1194) is dropped
    assert trail.taken([passed, other], 1194) is None
    assert trail.size(dropped) == 42


def test_errors_about_what_was_asked():
    quoted = IP(src="192.0.2.9", dst="192.0.2.1") / UDP(sport=5000, dport=1194)
    other = IP(src="192.0.2.1", dst="192.0.2.9") / UDP(sport=1194, dport=7)
    error = sight(1, "firewall", "client", ICMP(type=3, code=3) / quoted)
    reset = sight(2, "server", "client", TCP(sport=1194, flags="RA"))
    others = [
        sight(3, "client", "server", ICMP(type=3, code=3) / other),
        sight(4, "a", "b", ICMP(type=8)),
        sight(5, "a", "b", TCP(sport=1194, flags="A")),
        sight(6, "a", "b", TCP(sport=80, flags="R")),
    ]
    assert trail.refusals(probe([error, reset, *others])) == [error, reset]
