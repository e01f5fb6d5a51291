"""Two equal ends: who speaks first, who knows whom, what they agree on, and beginning anew."""

from __future__ import annotations

import pytest

from tests.sim.ends import EAST, INNER_EAST, INNER_WEST, WEST, Ends
from tests.sim.network import Conditions
from tests.sim.pair import changed, ipv4
from vpn.config.options import Secret
from vpn.errors import Drop
from vpn.events import Exiting, Restarting, TunnelUp
from vpn.wire import static_key

EASTWARD = ipv4(INNER_WEST, INNER_EAST)
WESTWARD = ipv4(INNER_EAST, INNER_WEST)
KEY = Secret(static_key.serialize(bytes(range(256))).encode())


def passes(ends: Ends) -> bool:
    """Does a packet get through, each way?"""
    before = len(ends.west.packets), len(ends.east.packets)
    ends.send(ends.west, EASTWARD)
    ends.send(ends.east, WESTWARD)
    ends.run_for(0.5)
    return (len(ends.west.packets), len(ends.east.packets)) == (before[0] + 1, before[1] + 1)


@pytest.mark.parametrize(("west_knows", "east_knows"), [(True, True), (True, False), (False, True)])
def test_one_end_that_knows_the_other_is_enough(west_knows, east_knows):
    ends = Ends(west_knows=west_knows, east_knows=east_knows)
    ends.run_for(5)
    assert ends.is_up
    assert passes(ends)


def test_two_that_do_not_know_each_other_wait():
    ends = Ends(west_knows=False, east_knows=False)
    ends.run_for(600)
    assert not ends.network.log
    assert not ends.west.saw(Restarting)


@pytest.mark.parametrize("seed", range(3))
def test_a_bad_network(seed):
    ends = Ends(conditions=Conditions(loss=0.2, reorder=0.2, duplicate=0.1))
    ends.run_for(60 + seed)
    assert ends.is_up


def test_what_is_agreed_on_without_a_push():
    ends = Ends(
        west={"data__data_ciphers": ("AES-128-GCM", "AES-256-GCM")},
        east={"data__data_ciphers": ("CHACHA20-POLY1305", "AES-256-GCM", "AES-128-GCM")},
    )
    ends.run_for(5)
    west, east = (one.core.peer.agreement for one in ends.both)
    assert west == east
    assert west.cipher == "AES-256-GCM"  # the server's order
    assert west.uses_exporter
    assert west.has_exit_message
    assert west.peer_id not in (None, 0x76706E)  # made by the exporter


def test_no_cipher_in_common_is_said(caplog):
    ends = Ends(
        west={"data__data_ciphers": ("AES-128-GCM",)},
        east={"data__data_ciphers": ("AES-256-GCM",)},
    )
    ends.run_for(5)
    assert not ends.is_up
    assert "failed to negotiate cipher with peer: own data-ciphers are 'AES-1" in caplog.text


def test_a_newcomer_without_a_cipher_in_common_leaves_the_tunnel_as_it_is():
    ends = Ends(east_knows=False)
    ends.run_for(5)
    there, elsewhere = ends.east.core.peer, WEST._replace(port=4711)
    changes = {"data__data_ciphers": ("CAMELLIA-256-CBC",)}
    ends._options[elsewhere] = changed(ends._options[WEST], changes)
    west, ends.west = ends.west, ends.begin(elsewhere)
    ends.run_for(5)
    ends.west = west
    ends.run_for(120)
    assert ends.east.core.peer is there
    assert ends.east.core._newcomer is None
    assert passes(ends)


@pytest.mark.parametrize("wrap", ["tls_auth", "tls_crypt"])
def test_wrapped_control_channel(wrap):
    ends = Ends(
        west={f"tls__{wrap}": KEY, "tls__key_direction": 1},
        east={f"tls__{wrap}": KEY, "tls__key_direction": 0},
    )
    ends.run_for(5)
    assert ends.is_up


@pytest.mark.parametrize("initiator", ["west", "east"])
def test_either_end_renegotiates(initiator):
    ends = Ends(**{initiator: {"tls__reneg_sec": 30}})
    ends.run_for(100)
    assert [one.core.peer.channel.newest.key_id for one in ends.both] == [3, 3]
    assert passes(ends)
    assert len(ends.west.saw(TunnelUp)) == 1


@pytest.mark.parametrize("address", [WEST, EAST])
@pytest.mark.parametrize("east_knows", [True, False])
def test_an_end_that_begins_anew_is_met_anew(address, east_knows):
    ends = Ends(east_knows=east_knows)
    ends.run_for(5)
    if address == EAST:
        ends.east = ends.begin(EAST)
        ends.run_for(1)
        if not east_knows:  # it waits to be spoken to
            ends.west.core.restart("test", ends.network.now)
    else:
        ends.west = ends.begin(WEST)
    ends.run_for(20)
    assert passes(ends)
    stayed = ends.west if address == EAST else ends.east
    assert len(stayed.saw(Restarting)) == int(address == EAST and not east_knows)


def test_a_stranger_who_begins_takes_nothing_over():
    ends = Ends(east_knows=False)
    ends.run_for(5)
    stranger = WEST._replace(host="192.0.2.66")
    reset = bytes([7 << 3]) + b"stranger" + bytes(5)
    ends.east.core.decapsulate([(stranger, [reset])], ends.network.now)
    ends.run_for(120)
    assert passes(ends)
    assert not ends.east.saw(Restarting)
    assert ends.east.core._newcomer is None


def test_who_is_named_by_remote_is_the_only_one_heard():
    ends = Ends()
    ends.run_for(5)
    stranger = WEST._replace(host="192.0.2.66")
    reset = bytes([7 << 3]) + b"stranger" + bytes(5)
    ends.east.core.decapsulate([(stranger, [reset])], ends.network.now)
    assert ends.east.core.drops[Drop.WRONG_ADDRESS] == 1


def test_single_session_keeps_the_first(caplog):
    ends = Ends(east={"tls__single_session": True})
    ends.run_for(5)
    ends.west = ends.begin(WEST)
    ends.run_for(5)
    assert "TLS Error: Cannot accept new session request" in caplog.text


@pytest.mark.shows("float")
@pytest.mark.parametrize("may_float", [True, False])
def test_float_follows_the_peer(may_float):
    ends = Ends(east={"link__float_": may_float})
    ends.run_for(5)
    moved = WEST._replace(host="192.0.2.7")
    ends.west.address = moved
    ends.send(ends.west, EASTWARD)
    ends.run_for(1)
    assert ends.east.packets == ([EASTWARD] if may_float else [])
    assert (ends.east.core.peer.address == moved) is may_float
    if may_float:
        assert passes(ends)


def test_with_float_the_first_packet_may_come_from_elsewhere():
    ends = Ends(east={"link__float_": True}, conditions=Conditions(loss=1.0))
    ends.network.conditions.loss = 0.0
    ends.west.address = WEST._replace(port=31194)
    ends.run_for(5)
    assert passes(ends)


def test_silence_begins_anew_and_comes_back():
    ends = Ends(
        west={"link__ping": 5, "link__ping_restart": 20},
        east={"link__ping": 5, "link__ping_restart": 20},
    )
    ends.run_for(5)
    ends.network.conditions.loss = 1.0
    ends.run_for(30)
    assert [one.saw(Restarting)[0].reason for one in ends.both] == ["ping-restart"] * 2
    ends.network.conditions.loss = 0.0
    ends.run_for(30)
    assert passes(ends)


@pytest.mark.parametrize("leaver", ["west", "east"])
def test_who_leaves_says_so(leaver):
    ends = Ends(**{leaver: {"link__explicit_exit_notify": 1}})
    ends.run_for(5)
    leaving = getattr(ends, leaver)
    staying = ends.east if leaver == "west" else ends.west
    leaving.core.stop(ends.network.now)
    ends.run_for(3)
    assert leaving.saw(Exiting)
    assert staying.saw(Restarting)[0].reason == "remote-exit"


def test_two_of_one_role_say_so(caplog):
    ends = Ends()
    ends.west = ends.begin(EAST)
    ends.west.address = WEST
    ends.run_for(3)
    assert "client->client or server->server connection attempted" in caplog.text


def test_over_a_stream():
    ends = Ends(east_knows=True, is_tcp=True)
    ends.run_for(5)
    assert passes(ends)
    ends.east.core.link_lost(WEST._replace(connection=9), "connection-reset", ends.network.now)
    assert passes(ends)
    ends.east.core.link_lost(WEST._replace(connection=1), "connection-reset", ends.network.now)
    ends.run_for(0.1)
    assert ends.east.saw(Restarting)[0].reason == "connection-reset"
