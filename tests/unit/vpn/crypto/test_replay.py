"""The replay window."""

from __future__ import annotations

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
    window.age(0)
    assert window.accept(10)
    for now in (5, 10, 15, 20, 25):
        window.age(now)
    assert not window.accept(9)
    assert window.accept(11)


def test_later_time_starts_anew_and_an_earlier_one_is_refused():
    window = TimedReplayWindow()
    assert window.accept(1000, 5)
    assert not window.accept(1000, 5)
    assert not window.accept(999, 6)
    assert window.accept(1001, 1)
    assert not window.accept(1001, 0)
