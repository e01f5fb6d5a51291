"""The 60 seconds: when the other side never answers, and when it stops half-way."""

from __future__ import annotations

import pytest

from tests.sim.network import Conditions
from tests.sim.pair import Pair, client_options
from vpn.config.options import Connection, Proto
from vpn.events import OpenLink, PeerLeft, Restarting

LINE = (
    "TLS Error: TLS key negotiation failed to occur within 60 seconds "
    "(check your network connectivity)"
)


def test_client_gives_up_after_sixty_seconds_with_the_documented_line(caplog):
    pair = Pair(Conditions(loss=1.0))
    started = pair.network.now
    assert pair.drive(lambda: bool(pair.client.saw(Restarting)), 100)
    assert pair.network.now - started == 60.0
    assert LINE in caplog.messages
    assert "TLS Error: TLS handshake failed" in caplog.messages
    (restarting,) = pair.client.saw(Restarting)
    assert (restarting.signal, restarting.source, restarting.reason) == (
        "SIGUSR1",
        "soft",
        "tls-error",
    )


@pytest.mark.shows("hand-window")
def test_client_gives_up_as_early_as_it_is_told_to():
    pair = Pair(Conditions(loss=1.0), client=client_options(tls__hand_window=7))
    started = pair.network.now
    assert pair.drive(lambda: bool(pair.client.saw(Restarting)), 100)
    assert pair.network.now - started == 7.0


def test_resets_are_repeated_after_2_4_8_16_and_32_seconds():
    pair = Pair(Conditions(loss=1.0))
    started = pair.network.now
    pair.run_for(60.5)
    assert [at - started for at, *_ in pair.network.log] == [0, 2, 6, 14, 30]


@pytest.mark.shows("tls-timeout")
def test_the_first_repeat_comes_when_it_is_told_to():
    pair = Pair(Conditions(loss=1.0), client=client_options(tls__tls_timeout=5))
    started = pair.network.now
    pair.run_for(59)
    assert [at - started for at, *_ in pair.network.log] == [0, 5, 15, 35]


def test_server_drops_a_client_that_falls_silent_in_the_handshake(caplog):
    pair = Pair()
    pair.drive(lambda: len(pair.server.core.clients) == 1, 10)
    pair.network.conditions.loss = 1.0
    pair.run_for(61)
    assert len(pair.server.core.clients) == 0
    assert not pair.server.saw(PeerLeft)  # it had never joined
    assert LINE in caplog.text


def test_server_drops_a_client_that_falls_silent_before_it_has_the_push_reply(caplog):
    pair = Pair()
    pair.drive(lambda: len(pair.admitted) == 1, 10)
    pair.network.conditions.loss = 1.0
    pair.network.arrivals()
    pair.run_for(59)
    assert len(pair.admitted) == 1
    pair.run_for(2)
    assert len(pair.server.core.clients) == 0
    assert pair.server.saw(PeerLeft)
    assert LINE in caplog.text


def test_server_keeps_nothing_for_an_address_that_never_answers():
    pair = Pair()
    pair.network.filter = lambda sender, _: sender == pair.client.address
    pair.run_for(50)
    assert len(pair.server.core.clients) == 0
    assert len(pair.network.log) > 8


def test_the_next_remote_is_tried_after_one_that_did_not_answer():
    first = Connection("198.51.100.2", 1194, Proto.UDP)
    second = Connection("198.51.100.3", 1194, Proto.UDP)
    pair = Pair(Conditions(loss=1.0), client=client_options(link__connections=(first, second)))
    pair.run_for(130)
    asked = [event.connection for event in pair.client.saw(OpenLink)]
    assert asked[:3] == [first, second, first]


@pytest.mark.shows("remote-random")
def test_any_remote_may_be_the_first_of_a_client_that_shuffles_them():
    remotes = tuple(Connection(f"198.51.100.{last}", 1194, Proto.UDP) for last in (2, 3, 4))
    for is_random, firsts in ((False, remotes[:1]), (True, remotes)):
        client = client_options(link__connections=remotes, link__remote_random=is_random)
        pairs = [Pair(Conditions(loss=1.0), seed, client=client) for seed in range(20)]
        assert {pair.client.saw(OpenLink)[0].connection for pair in pairs} == set(firsts)


@pytest.mark.shows("connect-retry")
def test_pauses_are_those_that_are_asked_for():
    client = client_options(link__connect_retry=(7, 20))
    pair = Pair(Conditions(loss=1.0), client=client)
    pair.run_for(700)
    pauses = [event.delay for event in pair.client.saw(Restarting)]
    assert pauses[:7] == [7, 7, 7, 7, 14, 20, 20]


def test_pauses_grow_after_five_passes_over_the_list():
    pair = Pair(Conditions(loss=1.0))
    pair.run_for(1500)
    pauses = [event.delay for event in pair.client.saw(Restarting)]
    assert pauses[:5] == [1, 1, 1, 1, 2]
    assert pauses == sorted(pauses)
    assert max(pauses) <= 300
