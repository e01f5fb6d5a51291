"""A directive that is promised has a test that shows what it does, beyond that it is taken.

A test says so itself, next to what it does: `@pytest.mark.shows("keepalive", "ping-restart")`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from tests.structure.test_config_reference import reference
from tests.structure.tree import ROOT, assert_none, parsed, python_files, write

if TYPE_CHECKING:
    from pathlib import Path

PROMISED = ("essential", "common")


def shown(root: Path) -> dict[str, str]:
    """The directives that tests show, each with the place of the first test that does."""
    found: dict[str, str] = {}
    for path in python_files(root, "tests"):
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                place = f"{path.relative_to(root).as_posix()}::{node.name}"
                for mark in node.decorator_list:
                    for name in _names(mark):
                        found.setdefault(name, place)
    return found


def _names(mark: ast.expr) -> list[str]:
    if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.shows":
        return [ast.literal_eval(argument) for argument in mark.args]
    return []


def test_every_promised_directive_is_shown():
    by_tests = shown(ROOT)
    assert_none(
        [
            f"{one.name}: no test is marked with pytest.mark.shows({one.name!r})"
            for one in reference().directives()
            if one.use in PROMISED and one.counts and one.is_supported and one.name not in by_tests
        ]
    )


def test_what_is_shown_is_supported():
    supported = {one.name for one in reference().directives() if one.is_supported}
    assert_none(
        [
            f"{place}: shows {name}, which docs/directives.tsv does not have or is not supported"
            for name, place in shown(ROOT).items()
            if name not in supported
        ]
    )


def test_a_mark_counts_where_it_is_a_tests_own(tmp_path):
    text = """
import pytest

@pytest.mark.slow
@pytest.mark.shows("ping", "ping-restart")
def test_it(): ...

@pytest.mark.shows("verb")
def helper(): ...
"""
    root = write(tmp_path, {"tests/test_one.py": text})
    place = "tests/test_one.py::test_it"
    assert shown(root) == {"ping": place, "ping-restart": place}
