"""Ping and ping-restart."""

from __future__ import annotations

from vpn.data.keepalive import PING, Keepalive


def test_ping_is_the_protocols():
    assert PING.hex() == "2a187bf3641eb4cb07ed2d0a981fc748"


def test_ping_is_due_when_nothing_was_sent():
    keepalive = Keepalive(10, 60, 0)
    assert not keepalive.ping_due(9.9)
    assert keepalive.ping_due(10)
    keepalive.last_sent = 10
    assert not keepalive.ping_due(19.9)


def test_silence_is_counted_from_what_was_received_last():
    keepalive = Keepalive(10, 60, 100)
    assert not keepalive.timed_out(159.9)
    assert keepalive.timed_out(160)
    keepalive.last_sent = 159
    assert keepalive.timed_out(160)
    keepalive.last_received = 159
    assert not keepalive.timed_out(160)


def test_deadline_is_the_earlier_of_the_two():
    keepalive = Keepalive(10, 60, 0)
    assert keepalive.next_deadline(can_ping=True) == 10
    assert keepalive.next_deadline(can_ping=False) == 60
    keepalive.last_sent = 55
    assert keepalive.next_deadline(can_ping=True) == 60


def test_zero_switches_off():
    keepalive = Keepalive(0, 0, 0)
    assert not keepalive.ping_due(1e9)
    assert not keepalive.timed_out(1e9)
    assert keepalive.next_deadline(can_ping=True) is None


def test_pushed_timers_begin_now():
    keepalive = Keepalive(0, 120, 0)
    keepalive.configure(5, 20, 50)
    assert not keepalive.timed_out(69)
    assert keepalive.timed_out(70)
    assert keepalive.ping_due(50)
