"""The doctor, on a machine that can run this test."""

from __future__ import annotations

from netns import doctor


def test_the_doctor_finds_what_this_test_could_rely_on():
    facts = {fact.name: fact for fact in doctor.examine()}
    for name in ("nsenter", "namespaces", "mounts", "forwarding", "NAT"):
        assert facts[name].is_met, facts[name]
        assert not facts[name].fix


def test_what_is_not_met_has_a_line_to_type():
    assert [fact for fact in doctor.examine() if not fact.is_met and not fact.fix] == []


def test_a_node_can_have_a_tun_exactly_where_the_user_may_open_the_device():
    facts = {fact.name: fact for fact in doctor.examine()}
    assert facts["tun in a node"].is_met == facts["tun device"].is_met
