"""docs/labs.md says what labs/ has: topologies, scenarios, faults."""

from __future__ import annotations

import importlib.util

import pytest

from labs import scenarios
from tests.structure.tree import ROOT

SCRIPT = ROOT / "scripts" / "labs_reference.py"
LEAST = 70  # scenarios
LONGEST = 110  # characters of a first sentence


def reference():
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("labs_reference", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_as_the_labs_are():
    page = (ROOT / "docs" / "labs.md").read_text(encoding="utf-8")
    assert page == reference().page(), "run `make docs`"


def test_there_are_many_scenarios_and_each_has_its_line():
    known = scenarios.everything()
    assert len(known) >= LEAST
    assert {one.chapter for one in known.values()} == set(scenarios.CHAPTERS)
    for one in known.values():
        assert one.says.endswith("."), one.name
        assert len(one.says) <= LONGEST, one.name


@pytest.mark.parametrize("chapter", scenarios.HOWTO)
def test_every_chapter_of_the_howto_is_played(chapter):
    assert any(chapter in one.howto for one in scenarios.everything().values())
