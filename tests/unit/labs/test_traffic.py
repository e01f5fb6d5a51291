"""The exchange of bytes, over the loopback; what is read from `ping`."""

from __future__ import annotations

import socket
import threading

import pytest

from labs import traffic_agent
from labs.errors import LabError
from labs.traffic import SUMMARY, Exchange, Pings, Report, _report

SIZE = 300_000
RATE = 100_000_000


def exchanged():
    """Both ends of one exchange, in two threads over a connection on the loopback."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far, _address = listener.accept()
    reports = {}

    def be(name, connection, seed):
        with connection:
            reports[name] = Report(**traffic_agent.exchange(connection, SIZE, RATE, seed))

    ends = [threading.Thread(target=be, args=("near", near, 1)),
            threading.Thread(target=be, args=("far", far, 2))]  # fmt: skip
    for end in ends:
        end.start()
    for end in ends:
        end.join()
    return Exchange(reports["near"], reports["far"], SIZE)


def test_exchange_is_intact_when_each_end_has_what_the_other_sent():
    exchange = exchanged()
    assert exchange.is_intact
    assert exchange.near.sent_digest != exchange.far.sent_digest


def test_exchange_is_not_intact_when_a_byte_differs():
    exchange = exchanged()
    near = Report(exchange.near.sent_digest, SIZE, "0" * 64, 0)
    assert not Exchange(near, exchange.far, SIZE).is_intact
    assert not Exchange(exchange.near, exchange.far, SIZE + 1).is_intact


class Ended:
    """A process that has said something and ended."""

    def __init__(self, said):
        self.said = said

    def communicate(self, timeout):
        assert timeout > 0
        return self.said, None


def test_report_of_an_agent_that_failed_is_its_last_line():
    with pytest.raises(LabError, match="the exchange failed: ConnectionRefusedError: no"):
        _report(Ended("Traceback\nConnectionRefusedError: no"))


def test_summary_of_ping_is_read():
    found = SUMMARY.search("10 packets transmitted, 9 received, +1 errors, 10% packet loss")
    assert found is not None
    assert Pings(int(found[1]), int(found[2])).lost == 1
