"""Two ends with a static key: no handshake, packets pass from the first moment."""

from __future__ import annotations

import pytest

from tests.sim.ends import EAST, INNER_EAST, INNER_WEST, WEST, StaticEnds
from tests.sim.network import Conditions
from tests.sim.pair import ipv4
from vpn.config.options import Secret
from vpn.errors import Drop
from vpn.events import Restarting, TunnelUp
from vpn.wire import static_key

EASTWARD = ipv4(INNER_WEST, INNER_EAST)
WESTWARD = ipv4(INNER_EAST, INNER_WEST)
OTHER_KEY = Secret(static_key.serialize(bytes(256)).encode())


def passes(ends: StaticEnds) -> bool:
    """Does a packet get through, each way?"""
    before = len(ends.west.packets), len(ends.east.packets)
    ends.send(ends.west, EASTWARD)
    ends.send(ends.east, WESTWARD)
    ends.run_for(0.5)
    return (len(ends.west.packets), len(ends.east.packets)) == (before[0] + 1, before[1] + 1)


@pytest.mark.shows("secret", "allow-deprecated-insecure-static-crypto")
@pytest.mark.parametrize(
    ("west_knows", "east_knows", "is_tcp"),
    [(True, True, False), (True, False, False), (False, True, False), (True, True, True)],
)
def test_one_end_that_knows_the_other_is_enough(west_knows, east_knows, is_tcp):
    ends = StaticEnds(west_knows=west_knows, east_knows=east_knows, is_tcp=is_tcp)
    ends.run_for(1)
    assert ends.is_up
    assert passes(ends)


def test_directions_have_to_differ_or_both_be_absent():
    same = {"tls__key_direction": 1}
    assert not passes(StaticEnds(west=same, east=same))
    none = {"tls__key_direction": None}
    assert passes(StaticEnds(west=none, east=none))


@pytest.mark.parametrize(
    "other", [{"tls__static_key": OTHER_KEY}, {"data__auth": "SHA1"}, {"data__auth": "none"}]
)
def test_what_another_key_has_sealed_is_dropped_by_name(other):
    ends = StaticEnds(west=other, east_knows=False)
    ends.run_for(1)
    ends.send(ends.west, EASTWARD)
    ends.run_for(1)
    assert not ends.east.saw(TunnelUp)
    assert ends.east.core.drops[Drop.AUTH] + ends.east.core.drops[Drop.MALFORMED] >= 1


def test_a_replay_is_dropped():
    ends = StaticEnds()
    ends.run_for(1)
    ends.send(ends.west, EASTWARD)
    datagram = ends.network.log[-1][3]
    ends.run_for(1)
    ends.network.send(ends.west.address, ends.east.address, [datagram])
    ends.run_for(1)
    assert ends.east.packets == [EASTWARD]
    assert ends.east.core.drops[Drop.REPLAY] == 1


def test_an_end_that_begins_anew_has_a_later_time():
    ends = StaticEnds()
    for _ in range(80):
        ends.send(ends.west, EASTWARD)
    ends.run_for(2)
    ends.west = ends.begin(WEST)
    ends.run_for(1)
    assert passes(ends)


def test_options_are_compared_by_messages_in_the_tunnel(caplog):
    caplog.set_level("INFO", "vpn")
    ends = StaticEnds(east={"tun__tun_mtu": 1400})
    ends.run_for(1)
    assert "WARNING: 'tun-mtu' is used inconsistently" in caplog.text
    sent = len(ends.network.log)
    ends.run_for(300)
    assert len(ends.network.log) == sent  # both have their answer


def test_who_does_not_answer_is_asked_twelve_times():
    ends = StaticEnds(west_knows=False, conditions=Conditions(loss=1.0))
    ends.run_for(600)
    assert len(ends.network.log) == 12


def test_silence_begins_anew():
    pings = {"link__ping": 5, "link__ping_restart": 20}
    ends = StaticEnds(west=pings, east=pings)
    ends.run_for(60)
    assert not ends.east.saw(Restarting)
    ends.network.conditions.loss = 1.0
    ends.run_for(30)
    assert ends.east.saw(Restarting)[0].reason == "ping-restart"
    ends.network.conditions.loss = 0.0
    ends.run_for(30)
    assert passes(ends)


@pytest.mark.parametrize(
    ("may_float", "changes", "knows"),
    [
        (True, {"link__float_": True}, True),
        (True, {}, False),
        (False, {}, True),
    ],
)
def test_with_float_or_without_remote_the_peer_is_followed(may_float, changes, knows):
    ends = StaticEnds(east=changes, east_knows=knows)
    ends.run_for(1)
    ends.west.address = WEST._replace(host="192.0.2.7")
    ends.send(ends.west, EASTWARD)
    ends.run_for(1)
    assert ends.east.packets == ([EASTWARD] if may_float else [])
    assert ends.east.core.drops[Drop.WRONG_ADDRESS] == (0 if may_float else 1)


def test_who_leaves_says_so():
    ends = StaticEnds(west={"link__explicit_exit_notify": 1})
    ends.run_for(1)
    ends.west.core.stop(ends.network.now)
    ends.run_for(3)
    assert ends.east.saw(Restarting)[0].reason == "remote-exit"


def test_a_stranger_is_not_taken_for_the_peer():
    ends = StaticEnds(west_knows=False, east_knows=False)
    ends.east.core.decapsulate([(WEST, [bytes(80)])], ends.network.now)
    assert ends.east.core.peer is None
    assert ends.east.core.drops[Drop.AUTH] == 1
    assert ends.east.address == EAST
