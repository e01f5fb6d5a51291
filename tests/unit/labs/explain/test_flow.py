"""The packets of a tunnel that stands, and who took them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from labs.explain.flow import judged
from labs.explain.watch import Sight, Watch
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
