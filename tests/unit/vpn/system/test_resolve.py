"""Look-ups of remotes."""

from __future__ import annotations

import select
import socket

import pytest

from vpn.config.options import Connection, Proto
from vpn.system.resolve import Resolver, Target


@pytest.mark.parametrize(
    ("host", "family", "address"),
    [
        ("192.0.2.1", socket.AF_INET, ("192.0.2.1", 1194)),
        ("2001:db8::1", socket.AF_INET6, ("2001:db8::1", 1194, 0, 0)),
    ],
)
def test_an_address_is_answered_at_once(host, family, address):
    answer = Resolver().start(Connection(host, 1194, Proto.UDP))
    assert answer is not None
    assert answer.targets == (Target(family, address),)


def test_a_name_is_answered_later():
    resolver = Resolver()
    connection = Connection("localhost", 1194, Proto.UDP4)
    assert resolver.start(connection) is None
    assert select.select([resolver], [], [], 10)[0]
    [answer] = resolver.take()
    assert answer.connection == connection
    assert Target(socket.AF_INET, ("127.0.0.1", 1194)) in answer.targets
    assert resolver.take() == []


def test_an_address_of_the_wrong_family_has_no_answer():
    resolver = Resolver()
    assert resolver.start(Connection("192.0.2.1", 1194, Proto.UDP6)) is None
    assert select.select([resolver], [], [], 10)[0]
    [answer] = resolver.take()
    assert not answer.targets
    assert answer.problem


def test_a_name_that_is_none_has_no_answer():
    resolver = Resolver()
    assert resolver.start(Connection("a" * 80 + ".invalid", 1194, Proto.UDP)) is None
    assert select.select([resolver], [], [], 10)[0]
    [answer] = resolver.take()
    assert answer.problem
