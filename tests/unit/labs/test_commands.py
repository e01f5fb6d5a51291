"""Which lab is meant when none is named."""

from __future__ import annotations

import pytest

from labs import commands
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
