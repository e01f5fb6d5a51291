"""The Scapy layers: what they read of packets that the VPN itself made, and what they build."""

from __future__ import annotations

import doctest
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.packet import Padding, Raw

import labs.dissect
from labs.dissect import (
    OpenVPN,
    OpenVPNAuth,
    OpenVPNControl,
    OpenVPNCrypt,
    OpenVPNDataV1,
    OpenVPNDataV2,
    OpenVPNFrame,
    OpenVPNStream,
)
from tests.sim.pair import CLIENT, Pair
from vpn.control.tls_auth import TlsAuth
from vpn.control.tls_crypt import TlsCrypt
from vpn.control.wrap import NoWrap
from vpn.wire import control, data, stream
from vpn.wire.control import ControlPacket
from vpn.wire.opcodes import Opcode, first_byte

NOW = int(time.time())
KEY = bytes(range(256))
DIGESTS = {"SHA1": 20, "SHA256": 32, "SHA512": 64, "MD5": 16}

ids = st.integers(0, 300)
packets = st.builds(
    ControlPacket,
    st.sampled_from([Opcode.P_CONTROL_V1, Opcode.P_CONTROL_SOFT_RESET_V1]),
    st.integers(0, 7),
    st.binary(min_size=8, max_size=8),
    st.lists(ids, max_size=8).map(tuple),
    st.binary(min_size=8, max_size=8),
    ids,
    st.binary(max_size=200),
)


def wrapped(packet: ControlPacket, wrapper) -> bytes:
    return wrapper.wrap(control.header(packet), control.serialize(packet)[control.HEADER_SIZE :])


def assert_is(found: OpenVPN, packet: ControlPacket) -> None:
    assert (found.opcode, found.key_id) == (packet.opcode, packet.key_id)
    assert found.session_id == packet.session_id
    assert tuple(found.acks) == packet.acks
    assert found.packet_id == packet.packet_id
    assert bytes(found.payload) == packet.payload
    if packet.acks:
        assert found.remote_session_id == packet.remote_session_id


@given(packets)
def test_a_plain_packet(packet):
    found = OpenVPN(wrapped(packet, NoWrap()))
    assert type(found) is OpenVPNControl
    assert_is(found, packet)
    assert bytes(found) == control.serialize(packet)


@pytest.mark.parametrize("digest", DIGESTS)
@given(packet=packets)
def test_a_packet_under_tls_auth(digest, packet):
    datagram = wrapped(packet, TlsAuth(KEY, None, digest, NOW))
    found = OpenVPN(datagram)
    assert type(found) is OpenVPNAuth
    assert (len(found.hmac), found.replay_id, found.replay_time) == (DIGESTS[digest], 1, NOW)
    assert_is(found, packet)
    assert bytes(found) == datagram


@given(packets)
def test_a_packet_under_tls_crypt(packet):
    datagram = wrapped(packet, TlsCrypt(KEY, NOW, is_server=False))
    found = OpenVPN(datagram)
    assert type(found) is OpenVPNCrypt
    assert (found.replay_id, found.replay_time, len(found.tag)) == (1, NOW, 32)
    assert found.sealed == datagram[49:]
    assert bytes(found) == datagram


def test_a_packet_with_a_clients_key_behind_it():
    reset = ControlPacket(Opcode.P_CONTROL_HARD_RESET_CLIENT_V3, 0, b"8 bytes.", packet_id=0)
    key = bytes(297) + (299).to_bytes(2, "big")
    datagram = wrapped(reset, TlsCrypt(KEY, NOW, is_server=False, first_id=0x0F000000)) + key
    found = OpenVPN(datagram)
    assert (found.replay_id, len(found.sealed)) == (0x0F000001, 5)
    assert found.wrapped_client_key == key
    assert bytes(found) == datagram


def test_data_packets():
    first, second = OpenVPN(data.header(3, None) + b"sealed"), OpenVPN(data.header(5, 7) + b"!")
    assert (type(first), first.key_id, bytes(first.payload)) == (OpenVPNDataV1, 3, b"sealed")
    assert (type(second), second.key_id, second.peer_id) == (OpenVPNDataV2, 5, 7)
    assert second.summary() == "P_DATA_V2 kid=5 / Raw"


@given(st.binary(min_size=1, max_size=120))
def test_any_bytes_come_back(noise):
    assert bytes(OpenVPN(noise)) == noise
    assert bytes(OpenVPNStream(noise)) == noise


def test_a_segment_holds_several_packets():
    datagrams = [data.header(0, 1) + b"one", data.header(0, 1) + b"twotwo"]
    segment = OpenVPNStream(stream.frame(datagrams))
    assert [bytes(frame[OpenVPNDataV2].payload) for frame in segment.packets] == [b"one", b"twotwo"]
    assert bytes(segment) == stream.frame(datagrams)
    begun = OpenVPNStream.tcp_reassemble(stream.frame(datagrams)[:-1], {}, {})
    assert [bytes(frame[OpenVPNDataV2].payload) for frame in begun.packets] == [b"one"]
    assert bytes(begun[Padding]) == stream.frame(datagrams)[9:-1]
    assert OpenVPNStream.tcp_reassemble(stream.frame(datagrams)[:8], {}, {}) is None


def test_a_segment_is_built_of_packets_each_behind_its_length():
    packets = [OpenVPNDataV2(peer_id=1) / Raw(b"one"), OpenVPNControl(packet_id=9)]
    segment = OpenVPNStream(packets=[OpenVPNFrame() / packet for packet in packets])
    assert bytes(segment) == stream.frame([bytes(packet) for packet in packets])
    lying = OpenVPNStream(packets=[OpenVPNFrame(length=500) / packets[0]])
    assert bytes(lying)[:2] == b"\x01\xf4"


@pytest.mark.parametrize(("carrier", "layer"), [(UDP, OpenVPN), (TCP, OpenVPNStream)])
def test_the_port_says_what_it_is(carrier, layer):
    datagram = data.header(0, 1) + b"sealed"
    whole = stream.frame([datagram]) if carrier is TCP else datagram
    for ports in ({"sport": 1194, "dport": 40000}, {"sport": 40000, "dport": 1194}):
        assert layer in IP(bytes(IP() / carrier(**ports) / Raw(whole)))


def test_a_reset_that_was_built_here_is_answered_by_the_server():
    pair = Pair()
    reset = OpenVPNControl(opcode="P_CONTROL_HARD_RESET_CLIENT_V2", session_id=b"from lab")
    pair.server.core.decapsulate([(CLIENT, [bytes(reset)])], pair.network.now)
    ((_, (answer,)),) = pair.server.core.datagrams_to_send(pair.network.now)
    found = OpenVPN(answer)
    assert found.opcode == Opcode.P_CONTROL_HARD_RESET_SERVER_V2
    assert found.remote_session_id == b"from lab"
    assert found.acks == [0]


@pytest.mark.parametrize("data", [bytes((first_byte(30, 1),)), b"\x20", b"\x48\0", b"\x20" * 20])
def test_what_can_be_none_of_them_is_raw(data):
    assert type(OpenVPN(data)) is Raw


def test_it_needs_nothing_else_of_the_lab():
    words = "import labs.dissect, sys; print(*(name.partition('.')[0] for name in sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", words], capture_output=True, text=True)
    found = set(loaded.stdout.split())
    assert "scapy" in found
    assert not found & {"netns", "pyroute2", "click", "rich", "docker"}


def test_the_example_of_the_package():
    assert doctest.testmod(labs.dissect).failed == 0
