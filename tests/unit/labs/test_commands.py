"""Which lab is meant when none is named."""

from __future__ import annotations

import pytest

from labs import commands, topologies
from labs.errors import LabError


def test_only_lab_is_meant():
    assert commands._only(["mine"]) == "mine"


def test_default_lab_is_meant_among_several():
    assert commands._only(["mine", "three-lans"]) == "three-lans"


def test_several_others_must_be_named():
    with pytest.raises(LabError, match=r"several labs are up: mine, yours \(say which: --name\)"):
        commands._only(["mine", "yours"])


def test_none_says_how_to_get_one():
    with pytest.raises(LabError, match=r"no lab is up \(lab up\)"):
        commands._only([])


@pytest.mark.parametrize("name", topologies.NAMES)
def test_topology_is_drawn_twice_by_hand_and_as_it_will_be(capsys, name):
    commands.graph(None, name)
    said = capsys.readouterr().out
    plan = topologies.find(name)
    assert said.startswith(plan.drawing)
    assert f"{plan.segments[0].name} {plan.segments[0].subnet}" in said.removeprefix(plan.drawing)


def test_every_topology_is_listed_with_its_title(capsys, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    commands.listing(as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "no lab is up"
    assert [line.split()[0] for line in lines[3:]] == list(topologies.NAMES)
    assert len({line.index(topologies.find(line.split()[0]).title) for line in lines[3:]}) == 1
