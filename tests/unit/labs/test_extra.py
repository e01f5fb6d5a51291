"""What labs need beyond the VPN (labs/extra.py)."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from labs import extra
from labs.errors import LabError

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_it_is_what_the_extra_brings():
    extras = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    assert sorted(extra.LIBRARIES) == sorted(re.match(r"\w+", one)[0] for one in extras["lab"])


def test_all_there_is_no_error():
    extra.require()


def test_one_that_is_not_there_is_named_with_what_brings_it(monkeypatch):
    monkeypatch.setattr(extra, "LIBRARIES", ("click", "no_such_library"))
    with pytest.raises(LabError, match=r"no_such_library \(pip install 'vpnlab\[lab\]'\)"):
        extra.require()
