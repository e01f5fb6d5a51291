"""The process that Scapy runs in on a node: its answers, as its parent gets them."""

from __future__ import annotations

import pickle
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.packet import Raw

from labs.dissect import OpenVPNControl, OpenVPNDataV2, under_tls_auth, under_tls_crypt
from labs.host import _layers
from labs.packet_agent import joined


@pytest.mark.parametrize(
    "packet",
    [
        IP(src="192.0.2.1", dst="192.0.2.2") / TCP(dport=80, options=[("MSS", 1000)]) / b"payload",
        IP(src="192.0.2.1", dst="192.0.2.2") / UDP() / OpenVPNControl(acks=[1, 2]) / Raw(b"tls"),
        under_tls_auth(OpenVPNControl(packet_id=1), bytes(256), digest="SHA512"),
        under_tls_crypt(OpenVPNControl(packet_id=1), bytes(256), from_client=True),
        OpenVPNDataV2(peer_id=7) / Raw(b"sealed"),
    ],
)
def test_a_packet_arrives_as_it_was(packet):
    assert bytes(joined(pickle.loads(pickle.dumps(_layers(packet))))) == bytes(packet)


def test_what_was_left_open_is_left_open():
    assert "src" not in joined(_layers(IP(dst="192.0.2.2") / ICMP())).fields


@given(st.binary(min_size=1, max_size=60))
def test_any_bytes(data):
    assert bytes(joined(_layers(Raw(data)))) == data


def test_a_request_that_fails_is_answered_and_the_next_is_served():
    agent = subprocess.Popen(
        [sys.executable, "-m", "labs.packet_agent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with agent:
        for request in (("listen", (["no-such-link"],), {}), ("heard", (), {})):
            pickle.dump(request, agent.stdin)
            agent.stdin.flush()
        assert pickle.load(agent.stdout)[1]
        assert pickle.load(agent.stdout) == ([], "")
        agent.stdin.close()
        assert agent.wait(10) == 0
