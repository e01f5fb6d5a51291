"""The client: what it takes from whom, and what becomes of an attempt."""

from __future__ import annotations

import os
import time

import pytest

from tests.sim.network import Conditions
from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.config.options import Connection, Proto
from vpn.config.values import Secret
from vpn.errors import Drop
from vpn.events import Challenge, CloseLink, CredentialsWanted, Exiting, OpenLink, Restarting
from vpn.tunnel.client import Client

UP, DOWN = ipv4("10.8.0.2", "10.8.0.1"), ipv4("10.8.0.1", "10.8.0.2")


def connected(**changes: object) -> Pair:
    pair = Pair(client=client_options(**changes))
    assert pair.connect(10)
    return pair


def told(pair: Pair, text: str) -> list:
    """Let the server say something; what the client then wants of its shell."""
    pair.client.events.clear()
    pair.admitted[0].peer.session.send_message(text)
    pair.run_for(0.1)
    return pair.client.events


def test_nothing_is_sealed_before_the_push():
    pair = Pair(Conditions(loss=1.0))
    pair.send_from_client(UP, UP)
    assert pair.client.core.drops[Drop.NOT_CONNECTED] == 2


@pytest.mark.shows("float")
@pytest.mark.parametrize("may_float", [False, True])
def test_packets_from_elsewhere_need_the_float_option(may_float):
    pair = connected(link__float_=may_float)
    pair.network.filter = lambda *_: False
    pair.send_from_server(DOWN)
    datagram = pair.network.log[-1][3]
    elsewhere = pair.server.address._replace(port=9)
    packets = pair.client.core.decapsulate([(elsewhere, [datagram])], pair.network.now)
    assert packets == ([DOWN] if may_float else [])
    assert pair.client.core.drops[Drop.WRONG_ADDRESS] == (0 if may_float else 1)
    assert (pair.client.core.peer.address == elsewhere) is may_float  # answers follow


def test_forged_data_over_udp_changes_nothing_and_over_tcp_restarts():
    for is_tcp in (False, True):
        pair = Pair(is_tcp=is_tcp)
        assert pair.connect(10)
        pair.network.filter = lambda *_: False
        pair.send_from_server(DOWN)
        forged = bytearray(pair.network.log[-1][3])
        forged[-1] ^= 1
        pair.client.core.decapsulate([(pair.server.address, [bytes(forged)])], pair.network.now)
        assert pair.client.core.drops[Drop.AUTH] == 1
        restarts = [e for e in pair.client.core.events() if isinstance(e, Restarting)]
        assert [each.reason for each in restarts] == (["decryption-error"] if is_tcp else [])


@pytest.mark.parametrize(
    ("text", "reason", "delay"),
    [
        ("RESTART", "server-pushed-connection-reset", 1),
        ("RESTART,[N]", "server-pushed-connection-reset", 1),
        ("AUTH_FAILED,TEMP[backoff 42]:x", "auth-temp-failure (server temporary reject)", 42),
    ],
)
def test_restarts_that_the_server_asks_for(text, reason, delay):
    (close, restarting) = told(connected(), text)
    assert isinstance(close, CloseLink)
    assert (restarting.reason, restarting.delay) == (reason, delay)


@pytest.mark.parametrize(
    ("text", "reason"), [("AUTH_FAILED", "auth-failure"), ("HALT", "server-pushed-halt")]
)
def test_ends_that_the_server_asks_for(text, reason):
    pair = connected()
    assert told(pair, text)[-1] == Exiting(reason)
    pair.run_for(100)
    assert not pair.client.saw(OpenLink)


@pytest.mark.parametrize(
    ("text", "next_host"),
    [
        ("RESTART", "198.51.100.2"),
        ("RESTART,[N]", "198.51.100.3"),
        ("AUTH_FAILED,TEMP[advance no]", "198.51.100.2"),
        ("AUTH_FAILED,TEMP", "198.51.100.3"),
    ],
)
def test_remote_after_a_restart(text, next_host):
    remotes = tuple(Connection(host, 1194, Proto.UDP) for host in ("198.51.100.2", "198.51.100.3"))
    pair = connected(link__connections=remotes)
    told(pair, text)
    pair.run_for(3)
    assert pair.client.saw(OpenLink)[0].connection.host == next_host


def test_messages_that_mean_nothing_change_nothing():
    pair = connected()
    for text in ("ACC,x", "", "PUSH_REPLY,ping 1", "PUSH_UPDATE,-route"):
        assert told(pair, text) == []
    pair.run_for(1)
    pair.send_from_client(UP)
    pair.run_for(1)
    assert pair.server.packets == [UP]


def test_link_that_is_lost_twice_is_one_restart_each():
    pair = Pair(Conditions(loss=1.0))
    pair.client.core.link_lost(pair.server.address, "connection-failed", pair.network.now)
    pair.run_for(1)
    assert [each.reason for each in pair.client.saw(Restarting)] == ["connection-failed"]
    pair.run_for(2)
    assert len(pair.client.saw(OpenLink)) == 2


def test_status_counts_what_passed():
    pair = connected()
    pair.send_from_client(UP, UP)
    pair.send_from_server(DOWN)
    pair.run_for(1)
    status = pair.client.core.status(pair.network.now)
    assert (status.tun_read_bytes, status.tun_write_bytes) == (2 * len(UP), len(DOWN))
    (server,) = status.peers
    assert (server.common_name, server.tunnel_address) == ("Test-Server", "10.8.0.2")


def test_a_push_that_cannot_be_used_ends_the_attempt(lines):
    pair = Pair(server=server_options(server__push=("peer-id nonsense",)))
    assert pair.drive(lambda: bool(pair.client.saw(Restarting)), 10)
    assert pair.client.saw(Restarting)[0].reason == "process-push-msg-failed"
    assert "OPTIONS ERROR: failed to import options/settings pushed by the server" in lines.text


# -- user name and password ----------------------------------------------------------------------

USER = {"client__auth_user_pass": Secret(b"user\nword\n")}


def test_nothing_is_opened_before_the_password_is_known():
    client = Client(client_options(client__auth_user_pass=Secret(b"user\n")), os.urandom, time.time)
    client.start(0.0)
    assert client.events() == [CredentialsWanted("user", None)]
    client.set_credentials("user", "word")
    assert isinstance(client.events()[0], OpenLink)


def test_no_answer_ends_the_client():
    client = Client(client_options(client__auth_user_pass=Secret(b"")), os.urandom, time.time)
    client.start(0.0)
    client.set_credentials("", "")
    assert client.events()[-1] == Exiting("auth-failure")


@pytest.mark.shows("auth-retry")
def test_a_refused_user_ends_the_client_or_is_tried_or_asked_for_again():
    assert told(connected(**USER), "AUTH_FAILED")[-1] == Exiting("auth-failure")
    again = connected(**USER, client__auth_retry="nointeract")
    assert told(again, "AUTH_FAILED")[-1].reason == "auth-failure"
    asking = connected(**USER, client__auth_retry="interact")
    assert isinstance(told(asking, "AUTH_FAILED,CRV1:R:state:dXNlcg==:Code?")[-1], Restarting)
    asking.run_for(3)
    challenge = Challenge("Code?", False, True, "state", "user")
    assert asking.client.events[-1] == CredentialsWanted("user", challenge)


@pytest.mark.shows("auth-token")
def test_a_token_is_sent_at_the_next_renegotiation():
    pair = connected(**USER, tls__reneg_sec=30)
    told(pair, "PUSH_REPLY,auth-token SESS_ID_AT_x")
    pair.run_for(40)
    remote = pair.admitted[0].peer.session.remote
    assert (remote.username, remote.password) == ("user", "SESS_ID_AT_x")
