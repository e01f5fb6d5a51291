"""Lines of the management interface -> commands."""

from __future__ import annotations

import pytest

from vpn.system.management.commands import (
    COMMANDS,
    Command,
    CommandError,
    check_role,
    help_lines,
    parse,
)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("pid", Command("pid")),
        ('password "Auth" "a \\"b\\" \\\\c"', Command("password", ("Auth", 'a "b" \\c'))),
        ("username Auth 'two words'", Command("username", ("Auth", "two words"))),
        ("state on all", Command("state", ("on", "all"))),
        ("", None),
        ("   ", None),
    ],
)
def test_words_are_those_of_a_configuration(line, command):
    assert parse(line) == command


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("dance", "unknown command [dance], enter 'help' for more options"),
        ("Pid", "unknown command [Pid], enter 'help' for more options"),
        ("kill", "the 'kill' command requires 1 parameter"),
        ("client-deny 1 2", "the 'client-deny' command requires at least 3 parameters"),
        ('password "Auth', 'command parsing failed: no closing quotation (")'),
    ],
)
def test_what_is_wrong_is_said(line, problem):
    with pytest.raises(CommandError) as caught:
        parse(line)
    assert str(caught.value) == problem


@pytest.mark.parametrize(("name", "is_server"), [("kill", False), ("remote", True)])
def test_some_commands_are_for_one_role(name, is_server):
    check_role(name, is_server=not is_server)
    with pytest.raises(CommandError, match=f"'{name}' command is not supported by the current"):
        check_role(name, is_server=is_server)


def test_help_has_every_command():
    lines = help_lines("a title")
    assert lines[0] == "Management Interface for a title"
    assert lines[-1] == "END"
    assert len(lines) == len(COMMANDS) + 3
