"""docs/config.md says what the options table says."""

from __future__ import annotations

import importlib.util

from tests.structure.tree import ROOT

SCRIPT = ROOT / "scripts" / "config_reference.py"


def reference():
    """The script, as a module."""
    spec = importlib.util.spec_from_file_location("config_reference", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_page_is_as_the_table_is():
    page = (ROOT / "docs" / "config.md").read_text(encoding="utf-8")
    assert page == reference().page(), "run `make docs`"


def test_everything_that_is_in_common_use_is_supported():
    shares = {use: done / total for use, done, total in reference().shares()}
    assert (shares["essential"], shares["common"]) == (1, 1)
    assert shares["rare"] >= 0.75
