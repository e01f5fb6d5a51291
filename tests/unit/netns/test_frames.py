"""What the kernel leaves undone on a virtual cable is done as a network card would."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import ARP, Ether

from netns import frames

MACS = {"src": "02:00:00:00:01:01", "dst": "02:00:00:00:01:02"}


def network(version: int):
    if version == 4:
        return IP(src="192.0.2.1", dst="192.0.2.2", id=0xFFFF)
    return IPv6(src="2001:db8::1", dst="2001:db8::2")


def start_of_transport(version: int) -> int:
    return 14 + (20 if version == 4 else 40)


def read(frame: bytes, flags=0, gso=0, size=0, start=0, offset=0) -> list[bytes]:
    return frames.wire_frames(struct.pack("=BBHHHH", flags, gso, 0, size, start, offset) + frame)


def finished(frame: bytes) -> bytes:
    """Let scapy compute every length and checksum anew."""
    packet = Ether(frame)
    for layer in (IP, TCP, UDP):
        if layer in packet:
            del packet[layer].chksum
    return bytes(packet)


def test_a_finished_frame_passes_unchanged():
    frame = bytes(Ether(**MACS) / ARP())
    assert read(frame) == [frame]


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize(("layer", "place"), [(TCP, 16), (UDP, 6)])
def test_an_unfinished_checksum_is_finished(version, layer, place):
    whole = bytes(Ether(**MACS) / network(version) / layer(sport=1, dport=2) / b"odd")
    start = start_of_transport(version)
    # The kernel leaves the sum of the pseudo header in the field.
    length = len(whole) - start
    proto = 6 if layer is TCP else 17
    ends = whole[26:34] if version == 4 else whole[22:54]
    pseudo = 0xFFFF - frames.checksum(ends + struct.pack("!II", length, proto))
    field = start + place
    undone = whole[:field] + pseudo.to_bytes(2, "big") + whole[field + 2 :]
    assert read(undone, flags=frames.NEEDS_CHECKSUM, start=start, offset=place) == [whole]


@pytest.mark.parametrize(("version", "gso"), [(4, frames.GSO_TCPV4), (6, frames.GSO_TCPV6)])
def test_a_large_tcp_frame_becomes_segments(version, gso):
    payload = bytes(range(256)) * 10
    tcp = TCP(sport=1, dport=2, seq=0xFFFFFF00, flags="FPAC", options=[("NOP", None)] * 4)
    large = bytes(Ether(**MACS) / network(version) / tcp / payload)
    found = read(large, flags=1, gso=gso, size=1000, start=start_of_transport(version), offset=16)
    assert [frame for frame in found if finished(frame) != frame] == []
    packets = [Ether(frame)[TCP] for frame in found]
    assert b"".join(bytes(packet.payload) for packet in packets) == payload
    assert [packet.seq for packet in packets] == [0xFFFFFF00, 744 - 256 + 256, 1744]
    assert [str(packet.flags) for packet in packets] == ["AC", "A", "FPA"]
    if version == 4:
        assert [Ether(frame)[IP].id for frame in found] == [0xFFFF, 0, 1]


@pytest.mark.parametrize("version", [4, 6])
def test_a_large_udp_frame_becomes_datagrams(version):
    large = bytes(Ether(**MACS) / network(version) / UDP(sport=1, dport=2) / (b"ab" * 1250))
    start = start_of_transport(version)
    found = read(large, flags=1, gso=frames.GSO_UDP_L4, size=1000, start=start, offset=6)
    assert [len(bytes(Ether(frame)[UDP].payload)) for frame in found] == [1000, 1000, 500]
    assert [frame for frame in found if finished(frame) != frame] == []


@given(st.binary(max_size=80))
def test_data_with_its_checksum_sums_to_zero(data):
    data += bytes(len(data) % 2)
    value = frames.checksum(data)
    assert frames.checksum(data + value.to_bytes(2, "big")) in (0, 0xFFFF)
