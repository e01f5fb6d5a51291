"""The packets of a tunnel that stands, and who took them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from labs.explain import flow
from labs.explain.diagnosis import Diagnosis, Kind
from labs.explain.flow import judged
from labs.explain.watch import Sight, Watch
from labs.explain.ways import Way
from netns import Step

LAB = SimpleNamespace(
    ends=[SimpleNamespace(name="client"), SimpleNamespace(name="server")],
    topology=SimpleNamespace(vpn=SimpleNamespace(port=1194)),
)


def sight(time, sender, onward):
    frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / IP(dst="192.0.2.1")
    whole = Ether(bytes(frame / UDP(sport=1194, dport=40000) / Raw(b"sealed")))
    return Sight(time, "cable", sender, "eth0", onward, whole)


def step(rule):
    headers = "ip length 140 udp sport 1194 udp dport 40000 udp length 120"
    return Step("1", "ip nat", "input", rule, "drop", headers)


@pytest.mark.parametrize(
    ("rule", "cause"),
    [("nat-router-closed", "nat-timeout"), ("forward-default", "firewall-drop")],
)
def test_the_rule_that_took_it_names_the_cause(rule, cause):
    watch = Watch([sight(1, "server", "nat")], {"nat": [step(rule)]})
    found = judged(LAB, watch)
    assert (found.cause, found.node, found.rule) == (cause, "nat", rule)


def test_what_arrives_is_not_lost():
    watch = Watch([sight(1, "server", "nat"), sight(2, "nat", "client")], {"nat": [step("nat-in")]})
    assert judged(LAB, watch) is None


def large(monkeypatch, ways_lost, took):
    answers = iter(ways_lost)
    monkeypatch.setattr(flow.ways, "lost", lambda *_args: next(answers))
    monkeypatch.setattr(flow, "lost", lambda *_args: took)
    return flow.large_lost(LAB, None, None)


WAY = Way("client", "10.20.0.10", "files")
TOOK = Diagnosis(Kind.PATH, "firewall-drop", "dropped", node="firewall", rule="too-large")


def test_large_packets_that_a_rule_takes(monkeypatch):
    found = large(monkeypatch, [WAY], TOOK)
    assert (found.cause, found.node, found.rule) == ("large-packets-lost", "firewall", "too-large")


def test_a_large_packet_that_is_lost_once_is_no_fault(monkeypatch):
    assert large(monkeypatch, [None], None) is None
    assert large(monkeypatch, [WAY, None], None) is None
    assert large(monkeypatch, [WAY, WAY], None).node == ""
