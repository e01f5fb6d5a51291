"""What is remembered, and what is shown as it happens."""

from __future__ import annotations

import pytest

from vpn.system.management.commands import CommandError
from vpn.system.management.history import History


@pytest.fixture
def history():
    """Four lines in a place for three."""
    history = History("log", 3)
    for text in "abcd":
        history.add(text)
    return history


@pytest.mark.parametrize(
    ("args", "answer"),
    [
        (("all",), ["b", "c", "d", "END"]),
        (("2",), ["c", "d", "END"]),
        (("0",), ["END"]),
        (("on",), ["SUCCESS: real-time log notification set to ON"]),
        (("on", "1"), ["SUCCESS: real-time log notification set to ON", "d", "END"]),
    ],
)
def test_answers(history, args, answer):
    assert history.command(args) == answer


def test_notifications_come_while_they_are_on(history):
    assert history.add("e") is None
    history.command(("on",))
    assert history.add("f") == ">LOG:f"
    history.command(("off",))
    assert history.add("g") is None
    assert history.newest == ["g"]


def test_another_word_is_an_error(history):
    with pytest.raises(CommandError, match="log parameter must be 'on' or 'off' or some number n"):
        history.command(("often",))
