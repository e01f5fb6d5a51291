"""One line: what, why, and what to do about it."""

from __future__ import annotations

import subprocess

import pytest

from netns.errors import CommandFailed, NetnsError


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        (("it failed",), "it failed"),
        (("it failed", "no room"), "it failed: no room"),
        (("it failed", "no room", "make room"), "it failed: no room (make room)"),
        (("it failed", "", "make room"), "it failed (make room)"),
    ],
)
def test_an_error_in_one_line(parts, line):
    assert str(NetnsError(*parts)) == line


def test_a_failed_command_says_what_it_said():
    result = subprocess.CompletedProcess(["ping", "x"], 2, "", "unknown host\n")
    error = CommandFailed("client", ["ping", "x"], result)
    assert str(error) == "client: ping x: exit status 2: unknown host"
    assert error.result is result
