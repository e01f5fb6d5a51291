"""What a topology says becomes rules."""

from __future__ import annotations

from dataclasses import replace

import pytest

import netns
from labs import build
from labs.topologies import find


@pytest.mark.parametrize(("speed", "seconds"), [(1, 300), (30, 10), (100, 3)])
def test_mappings_of_a_nat_keep_pace_with_the_clocks(speed, seconds):
    topology = find("three-lans")
    node = topology.node("nat")
    assert node.nat is not None
    (nat,) = build.rules_of(replace(node, nat=replace(node.nat, kind="full-cone")), topology, speed)
    assert isinstance(nat, netns.Nat)
    assert nat.mapping_seconds == seconds
