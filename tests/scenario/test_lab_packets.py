"""Scapy on the nodes of a lab: what is sent there, answered, and seen."""

from __future__ import annotations

import os

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

from labs.bringup import furnished
from labs.dissect import OpenVPN
from labs.errors import LabError
from labs.lab import Lab
from labs.settings import Settings
from labs.topologies import find
from netns import DeadlinePassed

pytestmark = pytest.mark.tun
FILES = "10.20.0.10"


@pytest.fixture(scope="module")
def lab():
    with furnished(f"packets-{os.getpid()}", find("three-lans")) as sandbox:
        lab = Lab(sandbox, find("three-lans"), Settings.of())
        lab.write_configs()
        lab.start_tunnel(20)
        yield lab


def test_an_answer_comes_through_the_tunnel(lab):
    answer = lab["client"].sr1(IP(dst=FILES) / ICMP() / b"hello")
    assert (answer[IP].src, answer[ICMP].type, bytes(answer[Raw])) == (FILES, 0, b"hello")


def test_no_answer_is_none(lab):
    lab["files"].run(["ip", "addr", "add", "10.20.0.99/24", "dev", "eth0"])
    closed = IP(dst="10.20.0.99") / UDP(dport=9)
    lab["files"].run(["nft", "-f", "-"], stdin="table ip quiet { chain c { type filter hook input "
                     "priority 0; udp dport 9 drop; }; }")  # fmt: skip
    assert lab["client"].sr1(closed, timeout=0.3) is None


def test_a_frame_and_its_answer(lab):
    question = Ether(dst="ff:ff:ff:ff:ff:ff") / ARP(pdst="192.168.50.1")
    answer = lab["client"].srp1(question, "eth0")
    assert answer[ARP].psrc == "192.168.50.1"


def test_what_is_expected_arrives_elsewhere(lab):
    def is_mine(packet) -> bool:
        return UDP in packet and packet[UDP].dport == 4242

    with lab["files"].expect(is_mine, "the datagram", "eth0") as seen:
        lab["client"].send(IP(dst=FILES) / UDP(sport=7, dport=4242) / b"mine")
    assert seen[0][IP].src == "10.8.0.2"
    assert seen[0].sniffed_on == "eth0"


def test_each_packet_is_looked_at_once(lab):
    looked_at = []

    def is_third_request(packet) -> bool:
        looked_at.append((packet[IP].id, packet[ICMP].type) if ICMP in packet else None)
        return looked_at[-1] is not None and packet[ICMP].type == 8 and packet[ICMP].seq == 3

    with lab["files"].expect(is_third_request, "the third ping", "eth0") as seen:
        lab["client"].run(["ping", "-c3", "-i0.1", FILES])
    assert [packet[ICMP].seq for packet in seen] == [3]
    pings = [one for one in looked_at if one is not None]
    assert len(pings) == len(set(pings)) >= 5


def test_the_tunnels_own_packets_are_seen_outside(lab):
    with lab["internet"].sniff() as heard:
        lab["client"].run(["ping", "-c2", "-i0.05", FILES])
    kinds = {packet[OpenVPN].sprintf("%opcode%") for packet in heard() if OpenVPN in packet}
    assert kinds == {"P_DATA_V2"}
    assert not any(ICMP in packet for packet in heard())


def test_what_does_not_come_is_said_with_its_name(lab):
    words = "files: a packet that nobody sends: not within 0.2 s"
    with (
        pytest.raises(DeadlinePassed, match=words),
        lab["files"].expect(lambda packet: False, "a packet that nobody sends", seconds=0.2),
    ):
        pass


def test_a_link_that_is_not_there_is_one_line(lab):
    with pytest.raises(LabError, match=r"client: sendp: .*nothere"):
        lab["client"].sendp(Ether() / IP() / TCP(), iface="nothere")
