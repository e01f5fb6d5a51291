"""block-ipv6: what is told to whoever sends an IPv6 packet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, UDP
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoReply,
    ICMPv6EchoRequest,
    ICMPv6TimeExceeded,
    IPv6,
)
from scapy.layers.l2 import Ether

from vpn.data import no_route

OWN, FAR = "2001:db8::2", "2001:db8:20::1"
PING = IPv6(src=OWN, dst=FAR) / ICMPv6EchoRequest(data=b"hello")


def test_a_sender_learns_that_there_is_no_route():
    told = IPv6(no_route.answer(bytes(PING), 0))
    assert (told.src, told.dst, told.hlim) == ("fe80::7", OWN, 255)
    assert (told[ICMPv6DestUnreach].type, told[ICMPv6DestUnreach].code) == (1, 0)
    assert bytes(told[ICMPv6DestUnreach].payload) == bytes(PING)
    sent = told[ICMPv6DestUnreach].cksum
    del told[ICMPv6DestUnreach].cksum
    assert IPv6(bytes(told))[ICMPv6DestUnreach].cksum == sent


def test_in_a_frame_the_answer_goes_back_to_its_sender():
    frame = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / PING
    told = Ether(no_route.answer(bytes(frame), 14))
    assert (told.src, told.dst) == ("02:00:00:00:00:02", "02:00:00:00:00:01")
    assert told[IPv6].dst == OWN


@pytest.mark.parametrize(
    "packet",
    [
        IPv6(src=OWN, dst="ff02::1") / ICMPv6EchoRequest(),
        IPv6(src="::", dst=FAR) / ICMPv6EchoRequest(),
        IPv6(src=OWN, dst=FAR) / ICMPv6TimeExceeded(),
    ],
)
def test_some_packets_are_dropped_in_silence(packet):
    assert no_route.sift([bytes(packet)], 0) == ([], [])


def test_an_answer_to_an_answer_is_allowed_and_ipv4_passes():
    reply = bytes(IPv6(src=OWN, dst=FAR) / ICMPv6EchoReply())
    fourth = bytes(IP(src="10.8.0.2", dst="10.8.0.1") / UDP())
    passing, answers = no_route.sift([reply, fourth], 0)
    assert (passing, len(answers)) == ([fourth], 1)


def test_no_answer_is_longer_than_any_link_must_carry():
    assert len(no_route.answer(bytes(IPv6(src=OWN, dst=FAR) / UDP() / bytes(1400)), 0)) == 1280


@given(st.binary(max_size=100), st.sampled_from([0, 14]))
def test_any_bytes_do_no_harm(data, at):
    passing, answers = no_route.sift([data], at)
    assert len(passing) + len(answers) <= 1
