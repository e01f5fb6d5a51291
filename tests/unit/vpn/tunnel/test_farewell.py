"""A goodbye on the control channel or on the data channel, and its end."""

from __future__ import annotations

import logging
from types import SimpleNamespace

from vpn.data import occ
from vpn.events import Address
from vpn.trace import PeerLog
from vpn.tunnel.farewell import Farewell


def peer(*, has_exit_message: bool) -> SimpleNamespace:
    said: list[str] = []
    return SimpleNamespace(
        address=Address("203.0.113.2", 1194),
        channel=SimpleNamespace(is_ready=True),
        disarm=lambda now: None,
        log=PeerLog(logging.getLogger("vpn.test")),
        agreement=SimpleNamespace(has_exit_message=has_exit_message),
        session=SimpleNamespace(send_message=said.append),
        seal_payload=lambda payload: [payload],
        said=said,
    )


def test_nothing_before_it_has_begun():
    farewell = Farewell()
    assert farewell.deadline is None
    assert not farewell.is_over(1e9)
    assert farewell.datagrams_to_send(peer(has_exit_message=False), 1e9) == []


def test_one_message_where_the_control_channel_takes_it():
    farewell, one = Farewell(), peer(has_exit_message=True)
    assert farewell.begin(one, 3, 100.0)
    assert one.said == ["EXIT"]
    assert farewell.datagrams_to_send(one, 100.0) == []
    assert farewell.deadline == 103.0


def test_one_notification_a_second_elsewhere():
    farewell, one = Farewell(), peer(has_exit_message=False)
    assert farewell.begin(one, 2, 100.0)
    assert one.said == []
    notification = [occ.message(occ.EXIT)]
    times = (100.0, 100.5, 101.0)
    sent = [farewell.datagrams_to_send(one, now) for now in times]
    assert sent == [notification, [], notification]
    assert farewell.deadline == 102.0
    assert not farewell.is_over(101.9)


def test_it_is_over_once():
    farewell = Farewell()
    assert farewell.begin(peer(has_exit_message=False), 2, 100.0)
    assert farewell.is_over(102.0)
    assert not farewell.is_over(102.0)
    assert farewell.deadline is None


def test_nobody_to_tell():
    farewell, early, stream = Farewell(), *(peer(has_exit_message=True) for _ in range(2))
    early.channel.is_ready = False
    stream.address = stream.address._replace(connection=1)
    for one, seconds in ((None, 1), (early, 1), (stream, 1), (peer(has_exit_message=True), 0)):
        assert not farewell.begin(one, seconds, 100.0)
    assert farewell.deadline is None
    assert early.said == stream.said == []


def test_it_can_be_cut_short_and_is_not_begun_twice():
    farewell, one = Farewell(), peer(has_exit_message=True)
    assert farewell.begin(one, 9, 100.0)
    assert not farewell.begin(one, 9, 101.0)
    assert one.said == ["EXIT"]
    farewell.cancel()
    assert farewell.deadline is None
