"""The packets of a flood: whole, from addresses that nobody has, and the same for the same seed."""

from __future__ import annotations

import ipaddress
from itertools import islice

from scapy.layers.inet import IP, UDP

from labs.dissect import OpenVPNControl
from labs.flood_agent import SOURCES, packets

FIRST = OpenVPNControl(opcode="P_CONTROL_HARD_RESET_CLIENT_V2")
MANY = 500


def made(seed: int = 1) -> list[bytes]:
    return list(islice(packets("198.51.100.10", 1194, bytes(FIRST), seed), MANY))


def test_a_packet_is_whole():
    packet = IP(made()[0])
    assert (packet.dst, packet[UDP].dport, packet.len) == ("198.51.100.10", 1194, len(made()[0]))
    assert packet[UDP].len == len(bytes(FIRST)) + 8
    assert ipaddress.ip_address(packet.src) in SOURCES
    said = OpenVPNControl(bytes(packet[UDP].payload))
    assert (said.opcode, said.packet_id) == (FIRST.opcode, 0)
    assert said.session_id != FIRST.session_id


def test_no_two_are_alike():
    found = [IP(one) for one in made()]
    assert len({(one.src, one[UDP].sport) for one in found}) == MANY
    assert len({bytes(one[UDP].payload)[1:9] for one in found}) == MANY
    assert min(one[UDP].sport for one in found) >= 1024


def test_a_seed_makes_the_same_flood():
    assert made() == made() != made(2)
