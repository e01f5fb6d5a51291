"""The units for systemd: what they start is a command line of ours, and they wait for our word."""

from __future__ import annotations

import configparser
import shlex
from pathlib import Path

import pytest

from vpn.config.options import table
from vpn.system import service_manager

UNITS = Path(__file__).parents[4] / "docs" / "systemd"


@pytest.mark.parametrize("role", ["client", "server"])
def test_a_unit_starts_what_there_is(role):
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str
    unit.read(UNITS / f"vpn-{role}@.service")
    program, *words = shlex.split(unit["Service"]["ExecStart"])
    names = {word.removeprefix("--") for word in words if word.startswith("--")}
    assert program == "vpn"
    assert names <= table().keys() | {"config"}
    assert unit["Service"]["Type"] == "notify"  # vpn.system.service_manager says READY=1
    assert service_manager.VARIABLE == "NOTIFY_SOCKET"
