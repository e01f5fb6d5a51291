"""Remotes in turn, and the pauses between attempts."""

from __future__ import annotations

import pytest

from vpn.config.options import Connection, LinkOptions, Proto
from vpn.tunnel.remotes import Remotes


def remotes(*hosts: str, **link: object) -> Remotes:
    connections = tuple(Connection(host, 1194, Proto.UDP) for host in hosts)
    return Remotes(LinkOptions(connections=connections, **link))


def test_list_goes_round():
    three = remotes(*"abc")
    seen = []
    for _ in range(5):
        seen.append(three.open().host)
        three.advance()
    assert seen == ["a", "b", "c", "a", "b"]


def test_without_advancing_it_is_the_same_again():
    two = remotes("a", "b")
    assert [two.open().host, two.open().host] == ["a", "a"]


@pytest.mark.parametrize(
    ("hosts", "pauses"),
    [
        ("a", [2, 2, 2, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]),
        ("ab", [2, 2, 2, 2, 2, 2, 2, 2, 2, 4, 4, 8, 8]),
    ],
)
def test_pauses_double_from_the_fifth_pass_on_up_to_five_minutes(hosts, pauses):
    some, found = remotes(*hosts), []
    for _ in pauses:
        some.open()
        found.append(some.pause())
    assert found == pauses


def test_streams_do_not_back_off_and_success_starts_anew():
    one = remotes("a")
    for _ in range(20):
        one.open()
    assert one.pause(is_tcp=True) == 2
    one.succeeded()
    one.open()
    assert one.pause() == 2


def test_limits_of_the_pause():
    one = remotes("a", connect_retry=(1, 10))
    for _ in range(50):
        one.open()
    assert one.pause() == 10
    assert one.pause(at_least=42) == 42
    assert remotes("a", connect_retry=(1, 1)).pause() == 2
