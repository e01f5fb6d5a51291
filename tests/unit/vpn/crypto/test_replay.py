"""The replay window."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.crypto.replay import ReplayWindow, TimedReplayWindow


@given(st.lists(st.integers(1, 200), max_size=300))
def test_no_id_is_ever_accepted_twice(ids):
    window = ReplayWindow()
    accepted = [packet_id for packet_id in ids if window.accept(packet_id)]
    assert len(accepted) == len(set(accepted))


@given(st.permutations(range(1, 60)))
def test_any_order_within_the_window_is_accepted(ids):
    window = ReplayWindow()
    assert all(window.accept(packet_id) for packet_id in ids)


def test_edge_of_the_window():
    window = ReplayWindow(64)
    assert window.accept(100)
    assert window.accept(37)
    assert not window.accept(36)


def test_size_zero_wants_every_id_in_order():
    window = ReplayWindow(0)
    assert [window.accept(n) for n in (1, 2, 4, 3, 2)] == [True, True, False, True, False]


def test_late_ids_are_refused_after_the_time():
    window = ReplayWindow(64, 15)
    window.age(0, None)
    assert window.accept(10)
    for now in (5, 10, 15, 20, 25):
        window.age(now, now - 5)
    assert not window.accept(9)
    assert window.accept(11)


def test_later_time_starts_anew_and_an_earlier_one_is_refused():
    window = TimedReplayWindow()
    assert window.accept(1000, 5)
    assert not window.accept(1000, 5)
    assert not window.accept(999, 6)
    assert window.accept(1001, 1)
    assert not window.accept(1001, 0)


def test_late_ids_are_refused_even_when_nothing_came_in_between():
    window = ReplayWindow(64, 15)
    window.age(0, None)
    assert all(window.accept(n) for n in (1, 2, 10))
    window.age(14.9, 0)
    assert window.accept(8)
    window.age(100, 14.9)  # the first batch after a long silence
    assert not window.accept(9)
    assert window.accept(11)


def test_what_came_behind_the_last_mark_ages_too():
    window = ReplayWindow(64, 15)
    for now, packet_id in ((0, 10), (1, 20), (2, 30)):
        window.age(now, now - 1 if now else None)
        assert window.accept(packet_id)
    window.age(60, 2)
    assert not window.accept(29)


def test_busy_window_keeps_what_is_younger_than_its_seconds():
    window = ReplayWindow(64, 15)
    for now in range(60):
        window.age(now, now - 1 if now else None)
        assert window.accept(2 * (now + 1))
    assert window.accept(2 * 50 - 1)  # 10 s late
    assert not window.accept(2 * 40 - 1)  # 20 s late


@pytest.mark.parametrize("size", [2, 64, 65536])
def test_a_jump_beyond_the_window_clears_it(size):
    window = ReplayWindow(size)
    assert window.accept(1)
    assert window.accept(1 + 2 * size)
    assert window.accept(2 + size)
    assert not window.accept(1 + size)
    assert not window.accept(2 + size)


@given(st.lists(st.integers(1, 2**32 - 1), max_size=60), st.integers(1, 80))
def test_window_agrees_with_its_definition(ids, size):
    window, seen = ReplayWindow(size), set()
    for packet_id in ids:
        highest = max(seen, default=0)
        is_new = packet_id not in seen and (packet_id > highest or highest - packet_id < size)
        assert window.accept(packet_id) == is_new
        if is_new:
            seen.add(packet_id)


RUNS = st.lists(st.tuples(st.integers(1, 150), st.integers(1, 70)), max_size=20)


@given(RUNS, st.sampled_from([0, 1, 8, 64]))
def test_a_run_is_accepted_at_once_as_one_by_one(runs, size):
    at_once, one_by_one = ReplayWindow(size), ReplayWindow(size)
    for first, count in runs:
        ids = range(first, first + count)
        if at_once.accept_run(first, count):
            assert all(map(one_by_one.accept, ids))
        else:  # then none of them is marked
            assert list(map(at_once.accept, ids)) == list(map(one_by_one.accept, ids))
    assert [at_once.accept(each) for each in range(1, 230)] == [
        one_by_one.accept(each) for each in range(1, 230)
    ]
