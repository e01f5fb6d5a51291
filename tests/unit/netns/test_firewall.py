"""Firewall rules in nft's words."""

from __future__ import annotations

import pytest

from netns.firewall import ESTABLISHED, Firewall, Rule, Verdict, Way


@pytest.mark.parametrize(
    ("rule", "text"),
    [
        (ESTABLISHED, "ct state established,related {} accept"),
        (Rule("a", Verdict.DROP), "{} drop"),
        (Rule("a", Verdict.DROP, proto="icmp"), "meta l4proto icmp {} drop"),
        (
            Rule("a", Verdict.ACCEPT, proto="udp", destination_port=1194),
            "udp dport 1194 {} accept",
        ),
        (
            Rule("a", Verdict.ACCEPT, destination_port="5000-5100"),
            "meta l4proto { tcp, udp } th dport 5000-5100 {} accept",
        ),
        (
            Rule("a", Verdict.DROP, source="10.0.0.0/8", destination="203.0.113.1"),
            "ip saddr 10.0.0.0/8 ip daddr 203.0.113.1 {} drop",
        ),
        (Rule("a", Verdict.DROP, source="2001:db8::/32"), "ip6 saddr 2001:db8::/32 {} drop"),
        (
            Rule("a", Verdict.DROP, arriving="eth0", leaving="eth1"),
            'iifname "eth0" oifname "eth1" {} drop',
        ),
        (Rule("a", Verdict.DROP, longer_than=1400), "meta length > 1400 {} drop"),
        (
            Rule("a", Verdict.DROP, match="numgen random mod 100 < 5"),
            "numgen random mod 100 < 5 {} drop",
        ),
        (
            Rule("a", Verdict.REJECT, proto="udp", source_port=53),
            "udp sport 53 {} reject with icmpx type port-unreachable",
        ),
        (
            Rule("a", Verdict.REJECT, proto="tcp"),
            "meta l4proto tcp {} reject with tcp reset",
        ),
    ],
)
def test_a_rule_in_the_words_of_nft(rule, text):
    before, after = text.split("{} ") if text.count("{} ") == 1 else text.rsplit("{} ", 1)
    assert rule.text() == (f'{before}counter name "{rule.name}" {after} comment "{rule.name}"')


@pytest.mark.parametrize("name", ["", "1st", "with space", 'x" drop', "a" * 64])
def test_a_name_that_nft_could_misread_is_refused(name):
    with pytest.raises(ValueError, match="no name for a rule"):
        Rule(name, Verdict.DROP).text()


def test_rules_stand_in_order_and_the_default_last():
    rules = (Rule("first", Verdict.ACCEPT), Rule("second", Verdict.DROP))
    text = Firewall(rules=rules, forward=Verdict.DROP).script()
    assert text.index('comment "first"') < text.index('comment "second"')
    assert text.index('comment "second"') < text.index('comment "forward-default"')
    assert 'counter name "forward-default" drop' in text


def test_a_rule_stands_only_on_its_way():
    rules = (Rule("in", Verdict.DROP, Way.INPUT),)
    text = Firewall(rules=rules).script()
    assert text.count('comment "in"') == 1
    assert text.index("chain input") < text.index('comment "in"') < text.index("chain output")


def test_the_default_may_be_to_reject():
    text = Firewall(input=Verdict.REJECT).script()
    assert 'counter name "input-default" reject with icmpx' in text
