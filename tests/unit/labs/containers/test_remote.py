"""What of a command and of its surroundings goes into a container."""

from __future__ import annotations

import os
import sys

from labs import ours
from labs.containers import remote
from labs.containers.relay import KEEPER


def test_this_python_and_this_package_are_those_of_the_image():
    agent = str(ours.SOURCE / "labs" / "traffic_agent.py")
    argv = remote.translated([sys.executable, "-I", agent, "listen"])
    assert argv == ["python3", "-I", f"{remote.PACKAGES}/labs/traffic_agent.py", "listen"]


def test_other_words_stay_as_they_are():
    argv = ["ping", sys.executable, str(ours.SOURCE / "README.md")]
    assert remote.translated(argv) == argv


def test_only_what_a_caller_has_added_goes_along(monkeypatch):
    monkeypatch.setenv("SAME", "1")
    given = {**os.environ, "PATH": "/elsewhere", "PYTHONPATH": "/here", "FAKETIME": "+1d"}
    assert remote.surroundings(given) == {"FAKETIME": "+1d"}
    assert remote.surroundings(None) == {}


def test_the_relay_finds_the_keeper_where_it_listens():
    assert KEEPER.startswith("/run/")
    assert remote.RELAY[-1].endswith("labs/containers/relay.py")
