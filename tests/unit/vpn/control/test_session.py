"""Two control sessions and nothing between them: states, messages, renegotiation, refusals."""

from __future__ import annotations

import logging
import random
import time

import pytest

from tests.sim.credentials import credentials
from vpn.config.options import Options, TlsOptions
from vpn.control.key_state import CLIENT_TRANSITIONS, SERVER_TRANSITIONS, State
from vpn.control.session import ControlSession, SessionConfig
from vpn.control.tls import TlsContext
from vpn.control.wrap import NoWrap
from vpn.errors import Drop, PacketError
from vpn.trace import PeerLog
from vpn.wire import control
from vpn.wire.control import HEADER_SIZE, ControlPacket
from vpn.wire.opcodes import Opcode

LOG = PeerLog(logging.getLogger("vpn.test"))
SOURCE = random.Random(5)


def session(role: str) -> ControlSession:
    name = f"Test-{role.capitalize()}"
    options = Options(tls=TlsOptions(**credentials(name, role)))
    context = TlsContext(options, time.time(), is_server=role == "server")
    config = SessionConfig(context, SOURCE.randbytes, "V4", peer_info="IV_PROTO=2\n")
    return ControlSession(config, NoWrap(), SOURCE.randbytes(8), LOG)


def packet_of(datagram: bytes) -> ControlPacket:
    return control.parse(datagram[:HEADER_SIZE], datagram[HEADER_SIZE:])


def exchange(client: ControlSession, server: ControlSession, now: float) -> int:
    """Carry everything across until both are silent; how many datagrams it took."""
    count = 0
    while True:
        ups, downs = client.to_send(now), server.to_send(now)
        for datagram in ups:
            server.receive(datagram, now)
        for datagram in downs:
            client.receive(datagram, now)
        count += len(ups) + len(downs)
        if not ups and not downs:
            return count


@pytest.fixture
def connected() -> tuple[ControlSession, ControlSession]:
    client, server = session("client"), session("server")
    client.connect(0)
    (reset,) = client.to_send(0)
    server.accept(reset, 0)
    exchange(client, server, 0)
    return client, server


def test_both_become_active_and_know_each_other(connected):
    client, server = connected
    assert client.primary.state is State.ACTIVE
    assert server.primary.state is State.ACTIVE
    assert server.remote.peer_info == "IV_PROTO=2\n"
    assert client.primary.engine.common_name == "Test-Server"
    assert server.primary.engine.common_name == "Test-Client"
    assert server.remote.source.random1 == client.primary.local.source.random1


def test_both_export_the_same_key_material(connected):
    client, server = connected
    label = b"EXPORTER-OpenVPN-datakeys"
    assert client.primary.engine.export(label, 256) == server.primary.engine.export(label, 256)


def test_messages_cross(connected):
    client, server = connected
    client.send_message("PUSH_REQUEST")
    server.send_message("PUSH_REPLY,ping 10")
    exchange(client, server, 1)
    assert server.take_messages() == ["PUSH_REQUEST"]
    assert client.take_messages() == ["PUSH_REPLY,ping 10"]
    assert client.take_messages() == []


def test_renegotiation_needs_the_keys_of_the_first(connected):
    client, server = connected
    client.renegotiate(5)
    assert client.primary.key_id == 0
    for side in connected:
        side.primary.mark_generated()
    client.renegotiate(5)
    exchange(client, server, 5)
    assert (client.primary.key_id, server.primary.key_id) == (1, 1)
    assert server.primary.state is State.ACTIVE


def test_packets_of_other_sessions_and_unknown_keys_are_refused(connected):
    client, server = connected
    stranger = control.serialize(
        ControlPacket(Opcode.P_CONTROL_V1, 0, b"stranger", packet_id=9, payload=b"x")
    )
    with pytest.raises(PacketError) as caught:
        server.receive(stranger, 1)
    assert caught.value.reason is Drop.UNKNOWN_SESSION
    for key_id, packet_id, reason in ((5, 9, Drop.UNKNOWN_KEY), (0, 99, Drop.OUT_OF_WINDOW)):
        packet = ControlPacket(
            Opcode.P_CONTROL_V1, key_id, client.local_session_id, packet_id=packet_id
        )
        with pytest.raises(PacketError) as caught:
            server.receive(control.serialize(packet), 1)
        assert caught.value.reason is reason


@pytest.mark.parametrize(
    ("opcode", "key_id", "packet_id", "reason"),
    [
        (Opcode.P_CONTROL_HARD_RESET_SERVER_V2, 0, 0, Drop.WRONG_ROLE),
        (Opcode.P_CONTROL_HARD_RESET_CLIENT_V1, 0, 0, Drop.UNKNOWN_OPCODE),
        (Opcode.P_CONTROL_HARD_RESET_CLIENT_V3, 0, 0, Drop.UNKNOWN_OPCODE),
        (Opcode.P_CONTROL_WKC_V1, 0, 3, Drop.UNKNOWN_OPCODE),
        (Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, 0, 3, Drop.MALFORMED),
        (Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, 1, 0, Drop.MALFORMED),
        (Opcode.P_CONTROL_SOFT_RESET_V1, 1, 3, Drop.MALFORMED),
        (Opcode.P_CONTROL_SOFT_RESET_V1, 1, 0, Drop.KEY_NOT_READY),  # before the keys
    ],
)
def test_what_a_server_may_not_be_sent_is_refused(connected, opcode, key_id, packet_id, reason):
    client, server = connected
    packet = ControlPacket(opcode, key_id, client.local_session_id, packet_id=packet_id)
    with pytest.raises(PacketError) as caught:
        server.receive(control.serialize(packet), 1)
    assert caught.value.reason is reason
    assert server.primary.key_id == 0


def test_client_takes_the_servers_id_only_with_an_ack_for_its_own():
    client = session("client")
    client.connect(0)
    spoofed = ControlPacket(Opcode.P_CONTROL_HARD_RESET_SERVER_V2, 0, b"attacker", packet_id=0)
    with pytest.raises(PacketError) as caught:
        client.receive(control.serialize(spoofed), 0)
    assert caught.value.reason is Drop.UNKNOWN_SESSION
    assert client.remote_session_id == b""


def test_client_refuses_a_client(connected):
    client, server = connected
    packet = ControlPacket(
        Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, 0, server.local_session_id, packet_id=0
    )
    with pytest.raises(PacketError) as caught:
        client.receive(control.serialize(packet), 1)
    assert caught.value.reason is Drop.WRONG_ROLE


def test_lame_duck_is_dropped_after_the_transition_window(connected):
    for side in connected:
        side.primary.mark_generated()
    client, server = connected
    client.renegotiate(5)
    exchange(client, server, 5)
    old = ControlPacket(Opcode.P_ACK_V1, 0, server.local_session_id, (0,), client.local_session_id)
    client.receive(control.serialize(old), 6)
    assert client.next_deadline() == 5 + 3600
    client.handle_deadline(5 + 3600)
    with pytest.raises(PacketError) as caught:
        client.receive(control.serialize(old), 3606)
    assert caught.value.reason is Drop.UNKNOWN_KEY


def test_a_message_waits_for_the_newest_key(connected):
    for side in connected:
        side.primary.mark_generated()
    client, server = connected
    client.renegotiate(5)
    client.send_message("during")
    exchange(client, server, 5)
    client.send_message("after")
    (datagram,) = client.to_send(6)
    assert packet_of(datagram).key_id == 1
    server.receive(datagram, 6)
    assert server.primary.messages == ["during", "after"]  # none on the key that is on its way out


def test_acks_for_another_session_are_refused(connected):
    client, server = connected
    packet = ControlPacket(Opcode.P_ACK_V1, 0, client.local_session_id, (0,), b"whatever")
    with pytest.raises(PacketError) as caught:
        server.receive(control.serialize(packet), 1)
    assert caught.value.reason is Drop.UNKNOWN_SESSION


def test_client_without_a_wrap_acknowledges_four_at_a_time():
    """Some servers without any wrap refuse a packet with more."""
    client, server = session("client"), session("server")
    client.connect(0)
    server.accept(client.to_send(0)[0], 0)
    for number in range(6):
        server.primary.sender.queue(Opcode.P_CONTROL_V1, bytes([number]))
    for datagram in server.to_send(0)[:6]:
        client.receive(datagram, 0)
    assert [len(packet_of(datagram).acks) for datagram in client.to_send(0)] == [4, 4]


def test_first_contact_is_small_enough_for_every_path():
    client, server = session("client"), session("server")
    client.connect(0)
    server.accept(client.to_send(0)[0], 0)
    for _ in range(6):
        for datagram in server.to_send(0):
            assert len(datagram) <= 1250 - 28
            client.receive(datagram, 0)
        for datagram in client.to_send(0):
            assert len(datagram) <= 1250 - 28
            server.receive(datagram, 0)


def test_the_two_roles_take_the_keys_in_their_own_order():
    assert State.SENT_KEY in CLIENT_TRANSITIONS[State.START]
    assert State.GOT_KEY in SERVER_TRANSITIONS[State.START]
    for table in (CLIENT_TRANSITIONS, SERVER_TRANSITIONS):
        assert set(table) == set(State)
        assert table[State.ERROR] == frozenset()
