"""How tunnels end: goodbyes, silences, restarts."""

from __future__ import annotations

import pytest

from tests.sim.network import Conditions
from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.events import CloseLink, Exiting, OpenLink, PeerJoined, PeerLeft, Restarting


def connected(**changes: object) -> Pair:
    pair = Pair(**changes)
    assert pair.connect(10)
    return pair


def test_client_exit_without_notification_is_at_once():
    pair = connected()
    pair.client.core.stop(pair.network.now)
    pair.run_for(0.1)
    (exiting,) = pair.client.saw(Exiting)
    assert (exiting.exit_code, exiting.source) == (0, "hard")


@pytest.mark.shows("explicit-exit-notify")
def test_server_hears_a_client_that_says_goodbye():
    pair = connected(client=client_options(link__explicit_exit_notify=1))
    pair.client.core.stop(pair.network.now)
    assert pair.drive(lambda: bool(pair.client.saw(Exiting)), 3)
    assert pair.client.saw(Exiting)[0].reason == "exit-with-notification"
    assert pair.drive(lambda: bool(pair.server.saw(PeerLeft)), 7)
    assert pair.server.saw(PeerLeft)[0].reason == "delayed-exit"
    assert len(pair.server.core.clients) == 0


@pytest.mark.shows("explicit-exit-notify")
def test_client_hears_a_server_that_says_goodbye():
    pair = connected(server=server_options(link__explicit_exit_notify=1))
    pair.server.core.stop(pair.network.now)
    assert pair.drive(lambda: bool(pair.client.saw(Restarting)), 3)
    assert pair.client.saw(Restarting)[0].reason == "server-pushed-connection-reset"
    assert pair.drive(lambda: bool(pair.server.saw(Exiting)), 3)


@pytest.mark.shows("ping-restart")
@pytest.mark.parametrize("is_tcp", [False, True], ids=["udp", "tcp"])
def test_nobody_gets_into_a_server_that_is_leaving(is_tcp, caplog):
    pair = connected(server=server_options(link__explicit_exit_notify=1), is_tcp=is_tcp)
    pair.server.core.stop(pair.network.now)
    pair.client.core.link_ready(pair.server.address, pair.network.now)  # it is back at once
    assert pair.drive(lambda: bool(pair.server.saw(Exiting)), 3)
    assert len(pair.server.saw(PeerJoined)) == 1
    assert "ignored while server is shutting down" in caplog.text


def test_client_restarts_when_the_server_falls_silent(caplog):
    pair = connected()
    pair.network.conditions = Conditions(loss=1.0)
    at = pair.network.now
    assert pair.drive(lambda: bool(pair.client.saw(Restarting)), 100)
    assert pair.network.now - at == pytest.approx(60, abs=1)  # the pushed ping-restart
    assert pair.client.saw(Restarting)[0].reason == "ping-restart"
    assert "[Test-Server] Inactivity timeout (--ping-restart), restarting" in caplog.messages


def test_server_drops_a_client_that_falls_silent():
    pair = connected()
    pair.network.conditions = Conditions(loss=1.0)
    at = pair.network.now
    assert pair.drive(lambda: bool(pair.server.saw(PeerLeft)), 200)
    assert pair.network.now - at == pytest.approx(120, abs=1)
    assert pair.server.saw(PeerLeft)[0].reason == "ping-restart"


@pytest.mark.shows("ping")
def test_pings_keep_an_idle_tunnel_up():
    pair = connected()
    pair.run_for(1800)
    assert not pair.client.saw(Restarting)
    assert not pair.server.saw(PeerLeft)
    assert not pair.client.packets
    assert not pair.server.packets


def test_client_comes_back_after_a_silence_and_replaces_itself():
    pair = connected()
    pair.network.conditions = Conditions(loss=1.0)
    assert pair.drive(lambda: bool(pair.client.saw(Restarting)), 100)
    pair.network.conditions = Conditions()
    assert pair.drive(lambda: len(pair.server.saw(PeerJoined)) == 2, 60)
    assert len(pair.admitted) == 1  # the older session of the same name was dropped
    joined = pair.server.saw(PeerJoined)
    assert joined[0].tunnel_address == joined[1].tunnel_address or len(joined) == 2


def test_soft_restart_opens_the_link_again():
    pair = connected()
    pair.client.core.restart("", pair.network.now)
    pair.run_for(5)
    assert len(pair.client.saw(OpenLink)) == 2
    assert pair.client.saw(CloseLink)
    assert pair.client.saw(Restarting)[0].source == "hard"
    assert pair.connect(10)


def test_lost_tcp_connection_restarts_the_client_and_removes_it_from_the_server():
    pair = connected(is_tcp=True)
    pair.client.core.link_lost(pair.server.address, "connection-reset", pair.network.now)
    pair.server.core.link_lost(pair.client.address, "connection-reset", pair.network.now)
    pair.run_for(0.1)
    assert pair.client.saw(Restarting)[0].reason == "connection-reset"
    assert pair.server.saw(PeerLeft)


def test_silent_tcp_connection_is_closed_after_the_hand_window():
    pair = connected(is_tcp=True)
    stranger = pair.client.address._replace(port=5, connection=9)
    pair.server.core.link_ready(stranger, pair.network.now)
    pair.run_for(61)
    assert CloseLink(stranger) in pair.server.events


@pytest.mark.shows("session-timeout", "inactive", "ping-exit")
@pytest.mark.parametrize(
    ("change", "reason", "seconds"),
    [
        ({"link__session_timeout": 40}, "session-timeout", 40),
        ({"link__inactive": (25, 0)}, "inactive", 25),
        ({"link__ping_exit": 30, "link__ping_restart": 0}, "ping-exit", 30),
    ],
)
def test_limits_of_a_client_end_it_for_good(change, reason, seconds):
    silent = server_options(server__push=(), link__ping=0 if reason == "ping-exit" else 10)
    pair = connected(client=client_options(**change), server=silent)
    at = pair.network.now
    assert pair.drive(lambda: bool(pair.client.saw(Exiting)), 100)
    assert pair.network.now - at == pytest.approx(seconds, abs=1)
    assert pair.client.saw(Exiting) == [Exiting(reason)]


def test_pushed_limit_with_an_exit_notification():
    push = (*server_options().server.push, "session-timeout 5", "explicit-exit-notify 1")
    pair = connected(server=server_options(server__push=push))
    assert pair.drive(lambda: bool(pair.client.saw(Exiting)), 10)
    assert pair.client.saw(Exiting)[0].reason == "exit-with-notification"
    assert pair.drive(lambda: bool(pair.server.saw(PeerLeft)), 10)
    assert pair.server.saw(PeerLeft)[0].reason == "delayed-exit"


def test_traffic_keeps_a_tunnel_that_would_end_for_lack_of_it():
    pair = connected(client=client_options(link__inactive=(25, 40)))
    for _ in range(5):
        pair.run_for(20)
        pair.send_from_client(ipv4("10.8.0.2", "10.8.0.1", bytes(30)))
    assert not pair.client.saw(Exiting)
    pair.run_for(20)
    pair.send_from_client(ipv4("10.8.0.2", "10.8.0.1", b""))  # 20 bytes are too few
    pair.run_for(6)
    assert pair.client.saw(Exiting) == [Exiting("inactive")]


def test_session_timeout_of_a_server_ends_one_client():
    pair = connected(server=server_options(link__session_timeout=30))
    assert pair.drive(lambda: bool(pair.server.saw(PeerLeft)), 40)
    assert pair.server.saw(PeerLeft)[0].reason == "session-timeout"


def test_unfinished_handshake_ends_with_ping_restart_and_keeps_nobody_busy(caplog):
    pair = Pair(server=server_options(link__ping_restart=10))
    assert pair.drive(lambda: len(pair.server.core.clients) == 1, 5)
    pair.network.conditions.loss = 1.0
    assert pair.drive(lambda: len(pair.server.core.clients) == 0, 12)
    assert any("[UNDEF] Inactivity timeout (--ping-restart)" in text for text in caplog.messages)


@pytest.mark.parametrize("cause", ["server restarts", "asked twice"])
def test_goodbye_that_nobody_waits_for_ends_at_once(cause):
    pair = connected(client=client_options(link__explicit_exit_notify=30))
    pair.client.core.stop(pair.network.now)
    pair.run_for(0.1)
    if cause == "server restarts":
        pair.server.core.dismiss(pair.admitted[0], pair.network.now, "RESTART")
    else:
        pair.client.core.stop(pair.network.now)
    pair.run_for(0.1)
    assert len(pair.client.saw(Exiting)) == 1
    pair.run_for(60)
    assert not pair.client.saw(Restarting)
    assert len(pair.client.saw(Exiting)) == 1
