"""The nft scripts of a balancer."""

from __future__ import annotations

import re

import pytest

from netns.balancer import Balancer, Spread


def script(**options) -> str:
    servers = ("10.30.0.11", "10.30.0.12")
    return Balancer(address="198.51.100.10", port=1194, servers=servers, **options).script()


@pytest.mark.parametrize("mode", list(Spread))
def test_every_counter_is_declared_and_used(mode):
    text = script(mode=mode)
    used = re.findall(r'counter name "([^"]+)"', text)
    assert sorted(used) == sorted(re.findall(r"^\tcounter (\S+)", text, re.MULTILINE))
    assert len(used) == 4


@pytest.mark.parametrize(
    ("options", "mark"),
    [
        ({}, "jhash ip saddr . th sport mod 2 offset 1"),
        ({"mode": Spread.PER_PACKET}, "numgen inc mod 2 offset 1"),
        ({"flip_after": 3}, "1"),
        ({"mode": Spread.PER_PACKET, "pinned": "10.30.0.12"}, "2"),
    ],
)
def test_mode_decides_how_the_server_is_chosen(options, mark):
    assert f"notrack meta mark set {mark} comment" in script(**options)


def test_later_packets_of_a_flow_are_marked_for_the_second_server():
    text = script(flip_after=3)
    assert "update @flows { ip saddr . th sport limit rate over 1/day burst 3 packets }" in text
    assert 'counter name "balancer-flipped" meta mark set 2' in text
    assert "@flows" not in script(flip_after=3, pinned="10.30.0.11")


def test_answer_comes_from_the_one_address():
    before, after = script().split("chain postrouting")
    match = "ip saddr { 10.30.0.11, 10.30.0.12 } meta l4proto { tcp, udp } th sport 1194"
    assert f"{match} notrack" in before
    assert f'{match} counter name "balancer-answer" ip saddr set 198.51.100.10' in after
