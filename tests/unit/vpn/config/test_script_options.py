"""Scripts in a configuration: how a command is read, and what is said about running it."""

from __future__ import annotations

import pytest

from tests.unit.vpn.config.configs import client
from vpn.errors import ConfigError


def test_a_command_is_one_word_that_may_hold_several():
    text = 'up "/etc/up.sh -x \'a b\'"\ndown /etc/down.sh\nsetenv A "b c"\nsetenv D'
    scripts = client(text).scripts
    assert scripts.up == ("/etc/up.sh", "-x", "a b")
    assert scripts.down == ("/etc/down.sh",)
    assert scripts.environment == (("A", "b c"), ("D", ""))


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("up a b", "takes COMMAND, not 2 arguments"),
        ('up ""', "names no program"),
        ('up "a \'b"', "No closing quotation"),
        ("script-security 4", r"must be 0\.\.3"),
    ],
)
def test_what_is_no_command_is_said(line, why):
    with pytest.raises(ConfigError, match=why):
        client(line)


def test_scripts_that_run_and_scripts_that_do_not_are_announced():
    (warning,) = client("up /etc/up.sh").warnings
    assert warning == "WARNING: test.conf:7: up: is not run: that takes script-security 2"
    (note,) = client("up /etc/up.sh\nscript-security 2").warnings
    assert note.startswith("NOTE: the current --script-security setting may allow")
    assert client().warnings == ()
