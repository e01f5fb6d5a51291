"""A part of netns is found and run from anywhere, without the rest of it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from netns import launch


def run(command: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, timeout=30)


def test_a_module_is_found_wherever_one_is():
    done = run(launch.command("errors", "an argument"))
    assert "cannot import name 'main' from 'netns.errors'" in done.stderr


@pytest.mark.parametrize(
    ("module", "needed", "heavy"),
    [
        ("holder", {"netns.operations", "pyroute2"}, {"netns.sandbox", "netns.firewall"}),
        ("capture", {"netns.ring"}, {"netns.sandbox", "pyroute2"}),
    ],
)
def test_it_brings_only_what_it_needs(module, needed, heavy):
    command = launch.command(module)
    command[-1] = command[-1].partition("sys.exit")[0] + "print(*sys.modules)"
    loaded = set(run(command).stdout.split())
    assert needed <= loaded
    assert heavy.isdisjoint(loaded)


def test_who_asks_a_holder_does_without_its_library():
    done = run([sys.executable, "-c", "import sys, netns; print(*sys.modules)"])
    assert "pyroute2" not in done.stdout.split()
