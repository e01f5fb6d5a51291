"""A part of netns is found and run from anywhere, without the rest of it."""

from __future__ import annotations

import subprocess

from netns import launch


def run(command: list[str]) -> subprocess.CompletedProcess:
    return subprocess.run(command, cwd="/", env={}, capture_output=True, text=True, timeout=30)


def test_a_module_is_found_wherever_one_is():
    done = run(launch.command("errors", "an argument"))
    assert "cannot import name 'main' from 'netns.errors'" in done.stderr


def test_it_brings_only_what_it_needs():
    command = launch.command("holder")
    command[-1] = command[-1].partition("sys.exit")[0] + "print(*sys.modules)"
    loaded = run(command).stdout.split()
    assert "netns.operations" in loaded
    assert {"subprocess", "netns.sandbox", "netns.firewall"}.isdisjoint(loaded)
