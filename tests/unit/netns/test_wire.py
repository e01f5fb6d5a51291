"""Packets that wait in a line."""

from __future__ import annotations

from netns.wire import Line


def test_a_packet_is_due_when_it_has_waited():
    line = Line(0.5, 0, seed=1)
    line.take(b"one", 10.0)
    line.take(b"two", 10.1)
    assert line.seconds_left(10.25) == 0.25
    assert line.due(10.4) == []
    assert line.due(10.5) == [b"one"]
    assert line.due(11.0) == [b"two"]
    assert line.seconds_left(11.0) is None


def carried(seed, loss):
    line = Line(0, loss, seed)
    for number in range(1000):
        line.take(bytes([number % 256]), number)
    return line.due(2000)


def test_a_seed_loses_the_same_packets_again():
    assert carried(7, 0.05) == carried(7, 0.05)
    assert carried(7, 0.05) != carried(8, 0.05)
    assert 900 < len(carried(7, 0.05)) < 990
    assert len(carried(7, 0)) == 1000
