"""What the kernel tells of a packet's way through the rules."""

from __future__ import annotations

from netns.trace import Passage, Step, Trace, passages, steps

PRINTED = """
trace id afabb4dd inet trace prerouting packet: iif "eth0" ip ttl 64
trace id afabb4dd inet trace prerouting rule meta nftrace set 1 comment "traced" (verdict continue)
trace id afabb4dd inet trace prerouting policy accept
trace id afabb4dd inet firewall forward packet: iif "eth0" oif "eth1" ip ttl 63
trace id afabb4dd inet firewall forward rule counter name "ok" accept comment "ok" (verdict accept)
trace id afabb4dd ip nat postrouting packet: iif "eth0" oif "eth1" ip ttl 63
trace id afabb4dd ip nat postrouting rule masquerade (verdict accept)
trace id 173cfb3f ip nat prerouting policy accept
"""


def test_each_rule_that_a_packet_met_is_a_step():
    out = 'iif "eth0" oif "eth1" ip ttl 63'
    assert steps(PRINTED) == [
        Step("afabb4dd", "inet firewall", "forward", "ok", "accept", out),
        Step("afabb4dd", "ip nat", "postrouting", "masquerade", "accept", out),
        Step("173cfb3f", "ip nat", "prerouting", "policy", "accept", ""),
    ]


def test_each_hook_that_a_packet_came_by_is_a_passage():
    assert passages(PRINTED) == [Passage("afabb4dd", "prerouting", 'iif "eth0" ip ttl 64')]


def test_a_line_that_is_no_trace_is_passed_over():
    assert steps("add table ip x\n# new generation 2\n") == []


def test_packets_are_marked_before_any_other_rule_sees_them():
    text = Trace("meta l4proto icmp").script()
    assert "hook prerouting priority raw - 10" in text
    assert 'meta l4proto icmp counter name "traced" meta nftrace set 1' in text
