"""Remotes in turn, how long each may take, and the pauses between attempts."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from vpn.config.options import Connection, LinkOptions, Options, Proto
from vpn.errors import RemotesExhausted
from vpn.tunnel.remotes import Remotes

REASON = "tls-error"


def remotes(*hosts: str, seed: int = 0, **link: object) -> Remotes:
    connections = tuple(Connection(host, 1194, Proto.UDP) for host in hosts)
    source = random.Random(seed)
    return Remotes(LinkOptions(connections=connections, **link), source.randbytes)


def hosts(some: Remotes, count: int) -> list[str]:
    seen = []
    for _ in range(count):
        seen.append(some.open().connection.host)
        some.advance()
    return seen


def test_list_goes_round():
    assert hosts(remotes("a", "b", "c"), 5) == ["a", "b", "c", "a", "b"]


def test_without_advancing_it_is_the_same_again():
    two = remotes("a", "b")
    assert [two.open().connection.host for _ in range(2)] == ["a", "a"]


def test_remote_random_shuffles_once():
    orders = {tuple(hosts(remotes(*"abc", seed=s, remote_random=True), 3)) for s in range(40)}
    assert len(orders) == 6
    one = remotes(*"abc", seed=1, remote_random=True)
    assert hosts(one, 3) == hosts(one, 3)


def test_all_addresses_of_a_name_come_before_the_next_remote():
    two, seen = remotes("a", "b"), []
    for _ in range(4):
        wanted = two.open()
        two.addresses = 2 if wanted.connection.host == "a" else 1
        seen.append((wanted.connection.host, wanted.turn))
        two.advance()
    assert seen == [("a", 0), ("a", 1), ("b", 0), ("a", 0)]


@pytest.mark.parametrize(
    ("hosts", "pauses"),
    [
        ("a", [1, 1, 1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300]),
        ("ab", [1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 4, 4]),
    ],
)
def test_pauses_double_from_the_fifth_pass_on_up_to_five_minutes(hosts, pauses):
    some, found = remotes(*hosts), []
    for _ in pauses:
        some.open()
        found.append(some.pause(REASON, 0.0))
    assert found == pauses


def test_success_starts_anew():
    one = remotes("a")
    for _ in range(20):
        one.open()
    one.succeeded()
    one.open()
    assert one.pause(REASON, 0.0) == 1


def test_connect_retry_says_how_long_and_at_most():
    one = remotes("a", connect_retry=(5, 12))
    found = []
    for _ in range(7):
        one.open()
        found.append(one.pause(REASON, 0.0))
    assert found == [5, 5, 5, 5, 10, 12, 12]
    assert one.pause(REASON, 0.0, at_least=42) == 42


def test_the_next_attempt_is_due_when_the_pause_is_over():
    one = remotes("a", connect_retry=(5, 12))
    one.open()
    one.pause(REASON, 100.0)
    assert one.deadline == 105.0
    assert not one.is_due(104.9)
    assert one.is_due(105.0)
    assert not one.is_due(106.0)


def test_a_server_that_says_nothing_is_left_without_a_pause():
    one = remotes("a", connect_timeout=7)
    one.open()
    one.linked(100.0)
    assert one.deadline == 107.0
    assert one.is_silent(107.0)
    assert one.pause("server_poll", 107.0) == 0
    assert not one.is_silent(200.0)


def test_one_word_of_the_server_is_enough():
    one = remotes("a")
    one.open()
    one.linked(0.0)
    one.heard()
    assert one.deadline is None


def test_connect_retry_max_counts_for_each_remote():
    two = remotes("a", "b", connect_retry_max=2)
    assert hosts(two, 4) == ["a", "b", "a", "b"]
    words = r"All connections have been connect-retry-max \(2\) times unsuccessful, exiting"
    with pytest.raises(RemotesExhausted, match=words):
        two.open()
    two.succeeded()
    two.open()


def test_a_block_has_its_own_times():
    own = Options(link=LinkOptions(connect_timeout=3, connect_retry=(9, 300)))
    link = LinkOptions(
        connections=(
            Connection("a", 1194, Proto.UDP),
            Connection("b", 1194, Proto.UDP, own),
        )
    )
    two = Remotes(replace(link, connect_timeout=50), bytes)
    two.open()
    two.linked(0.0)
    assert two.deadline == 50
    assert two.pause(REASON, 0.0) == 1
    two.advance()
    two.is_due(1.0)
    two.open()
    two.linked(10.0)
    assert two.deadline == 13
    assert two.pause(REASON, 0.0) == 9
