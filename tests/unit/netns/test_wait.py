"""Waiting asks at once, goes on asking, and gives up by name."""

from __future__ import annotations

import os
import socket

import pytest

from netns.errors import DeadlinePassed
from netns.wait import is_listening, wait_for


def test_the_first_true_answer_is_returned():
    answers = iter([None, 0, "yes", "later"])
    assert wait_for(lambda: next(answers), 10, "an answer") == "yes"


def test_it_asks_once_even_when_there_is_no_time():
    assert wait_for(lambda: 7, 0, "seven") == 7


def test_what_never_comes_is_named():
    with pytest.raises(DeadlinePassed, match=r"the ship: not within 0\.01 s"):
        wait_for(lambda: False, 0.01, "the ship")


@pytest.mark.parametrize(
    ("proto", "kind"), [("tcp", socket.SOCK_STREAM), ("udp", socket.SOCK_DGRAM)]
)
def test_a_listening_socket_is_found_until_it_is_closed(proto, kind):
    with socket.socket(socket.AF_INET, kind) as listener:
        listener.bind(("127.0.0.1", 0))
        if proto == "tcp":
            listener.listen()
        port = listener.getsockname()[1]
        assert is_listening(os.getpid(), proto, port)
    assert not is_listening(os.getpid(), proto, port)
