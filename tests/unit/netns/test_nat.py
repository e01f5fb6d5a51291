"""The nft scripts of the NAT kinds: what each remembers, and what it lets in."""

from __future__ import annotations

import re

import pytest

from netns.nat import Nat, NatKind, PortForward


def script(kind: NatKind, **options) -> str:
    return Nat(inside="eth0", outside="eth1", kind=kind, **options).script()


@pytest.mark.parametrize("kind", list(NatKind))
def test_a_table_of_the_name_is_replaced_in_one_script(kind):
    assert script(kind).startswith("table ip nat\ndelete table ip nat\ntable ip nat {\n")


@pytest.mark.parametrize("kind", list(NatKind))
def test_every_counter_that_is_used_is_declared(kind):
    text = script(kind, forwards=(PortForward("udp", 1194, "192.168.50.10"),))
    used = set(re.findall(r'counter name "([^"]+)"', text))
    declared = set(re.findall(r"^\tcounter (\S+)", text, re.MULTILINE))
    assert used <= declared


@pytest.mark.parametrize("kind", list(NatKind))
def test_every_rule_with_a_counter_has_its_name_as_comment(kind):
    for line in script(kind).splitlines():
        if "counter name" in line:
            name = re.search(r'counter name "([^"]+)"', line)
            assert name is not None
            assert line.endswith(f'comment "{name[1]}"')


def test_symmetric_takes_another_port_for_each_flow():
    assert "masquerade fully-random" in script(NatKind.SYMMETRIC)


@pytest.mark.parametrize("kind", [NatKind.SYMMETRIC, NatKind.PORT_RESTRICTED])
def test_restricted_kinds_remember_no_mapping(kind):
    assert "@mappings" not in script(kind)


def test_full_cone_lets_everyone_in_by_the_mapping():
    assert "dnat ip to udp dport map @mappings" in script(NatKind.FULL_CONE)
    assert "@contacted" not in script(NatKind.FULL_CONE)


def test_address_restricted_lets_in_who_was_contacted():
    text = script(NatKind.ADDRESS_RESTRICTED)
    assert "udp dport . ip saddr @contacted" in text
    assert "update @contacted { udp sport . ip daddr }" in text


def test_a_forwarded_port_may_lead_to_another():
    forwards = (PortForward("tcp", 80, "192.168.50.10", 8080),)
    text = script(NatKind.PORT_RESTRICTED, forwards=forwards)
    assert 'iifname "eth1" tcp dport 80' in text
    assert "dnat to 192.168.50.10:8080" in text


@pytest.mark.parametrize("kind", [NatKind.FULL_CONE, NatKind.ADDRESS_RESTRICTED])
def test_mapping_lasts_as_long_as_it_is_told(kind):
    assert set(re.findall(r"timeout (\d+s)", script(kind))) == {"300s"}
    assert set(re.findall(r"timeout (\d+s)", script(kind, mapping_seconds=10))) == {"10s"}
