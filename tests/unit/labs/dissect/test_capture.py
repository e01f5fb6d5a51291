"""Datagrams out of captures: over UDP, and over TCP however the stream was cut."""

from __future__ import annotations

import random
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import ICMP, IP, TCP, UDP, fragment
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw
from scapy.sessions import TCPSession
from scapy.utils import PcapNgWriter, wrpcap

from labs.dissect import OpenVPN, OpenVPNDataV2, OpenVPNStream, datagrams
from labs.errors import LabError
from vpn.wire import data, stream

CLIENT, SERVER = ("203.0.113.2", 40000), ("198.51.100.10", 1194)
TOP = 2**32
FRAME = Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")  # else Scapy asks for it by ARP
SENT = [data.header(0, 1) + bytes((number,)) * size for number, size in enumerate((9, 1, 300, 40))]

payloads = st.lists(st.binary(max_size=60).map(lambda it: data.header(0, 1) + it), min_size=1)


def segment(sequence: int, payload: bytes, flags: str = "A") -> Ether:
    """As it is read from a file: with its length, from the client."""
    carrier = TCP(sport=CLIENT[1], dport=SERVER[1], seq=sequence % TOP, flags=flags)
    return Ether(bytes(FRAME / IP(src=CLIENT[0], dst=SERVER[0]) / carrier / Raw(payload)))


def cut(whole: bytes, sizes: list[int], first: int) -> list[Ether]:
    """A stream in segments of these sizes; the last takes what is left."""
    ends = [*(end for end in accumulate(sizes) if end < len(whole)), len(whole)]
    starts = [0, *ends[:-1]]
    return [segment(first + a, whole[a:b]) for a, b in zip(starts, ends, strict=True)]


def read(frames, **options) -> list[bytes]:
    return [one.data for one in datagrams(frames, **options)]


@given(payloads, st.lists(st.integers(1, 40)), st.sampled_from([1, TOP - 20]), st.randoms())
def test_a_stream_is_put_together_however_it_was_cut(sent, sizes, first, chance):
    segments = cut(stream.frame(sent), sizes, first)
    segments += chance.sample(segments, len(segments) // 2)  # sent twice
    chance.shuffle(segments)
    assert read([segment(first - 1, b"", "S"), *segments]) == sent


def test_segments_that_overlap_count_once():
    whole = stream.frame(SENT)
    parts = [(0, 20), (10, 50), (0, 50), (60, 200), (40, 90), (150, len(whole))]
    frames = [segment(1, b"", "S"), *(segment(2 + a, whole[a:b]) for a, b in parts)]
    assert read(frames) == SENT


def test_each_names_the_frame_that_made_it_whole_and_its_ends():
    frames = [segment(0, b"", "S"), *cut(stream.frame(SENT), [8, 20, 20], 1)]
    found = list(datagrams(frames))
    assert [one.frame for one in found] == [3, 3, 5, 5]
    assert {(one.source, one.target, one.from_client) for one in found} == {(CLIENT, SERVER, True)}
    assert isinstance(found[0].packet, OpenVPNDataV2)


def test_a_connection_that_is_older_than_the_capture_is_read_from_where_a_packet_begins():
    begun, first = stream.frame([b"\0" * 30]), stream.frame(SENT[:1])
    frames = [segment(1, begun[20:]), segment(13, first), segment(13 + len(first), begun)]
    assert read(frames) == [SENT[0], b"\0" * 30]


def test_a_stream_that_lost_its_lengths_is_taken_up_again():
    first, last = stream.frame(SENT[:1]), stream.frame(SENT[1:])
    at = 1 + len(first)
    frames = [segment(1, first), segment(at, b"\0\0noise"), segment(at + 7, last)]
    assert read(frames) == SENT


def test_a_port_that_is_used_again_is_another_stream():
    one = [segment(500, b"", "S"), segment(501, stream.frame(SENT)[:-3])]
    again = [segment(90, b"", "S"), segment(91, stream.frame(SENT))]
    assert read(one + again) == [*SENT[:-1], *SENT]


def test_udp_in_either_direction_without_the_padding_of_short_frames():
    to = FRAME / IP(src=CLIENT[0], dst=SERVER[0]) / UDP(sport=40000, dport=1194) / Raw(SENT[1])
    back = FRAME / IPv6(src="::1", dst="::2") / UDP(sport=1194, dport=5) / Raw(SENT[0])
    other = FRAME / IP(src=CLIENT[0], dst=SERVER[0]) / UDP(sport=53, dport=53) / Raw(SENT[0])
    frames = [
        Ether(bytes(to) + bytes(10)),
        back,
        other,
        FRAME / IP(src=CLIENT[0], dst=SERVER[0]) / ICMP(),
    ]
    found = list(datagrams(frames))
    assert [(one.data, one.from_client) for one in found] == [(SENT[1], True), (SENT[0], False)]
    assert found[1].target == ("::2", 5)
    assert read(frames, port=53) == [SENT[0]]


def test_fragments_of_ip_are_joined():
    big = data.header(0, 1) + bytes(3000)
    packet = IP(src=CLIENT[0], dst=SERVER[0]) / UDP(sport=40000, dport=1194) / Raw(big)
    assert read([Ether(bytes(FRAME / part)) for part in fragment(packet)]) == [big]


def test_a_file_and_one_of_its_interfaces(tmp_path):
    frames = [segment(0, b"", "S"), *cut(stream.frame(SENT), [100], 1)]
    with PcapNgWriter(str(tmp_path / "both.pcapng")) as writer:
        for frame in frames:
            for frame.sniffed_on in ("lan: client eth0", "internet: nat eth1"):
                writer.write(frame)
    assert read(tmp_path / "both.pcapng", link="internet") == SENT
    wrpcap(str(tmp_path / "old.pcap"), frames)
    assert read(str(tmp_path / "old.pcap")) == SENT


def test_what_is_no_capture_is_one_line(tmp_path):
    (tmp_path / "text").write_text("no capture at all, and long enough to look")
    for name in ("text", "none"):
        with pytest.raises(LabError, match=f"{name} can't be read as a capture"):
            read(tmp_path / name)


@pytest.mark.parametrize("seed", range(5))
def test_scapys_own_session_reads_the_same(seed):
    sizes = [random.Random(seed).randint(1, 120) for _ in range(40)]
    session, found = TCPSession(), []
    for frame in cut(stream.frame(SENT * 3), sizes, 1):
        packet = session.process(frame)
        while packet is not None and OpenVPNStream in packet:
            packet = packet[OpenVPNStream]
            found += [bytes(one[OpenVPN]) for one in packet.packets]
            packet = packet.payload
    assert found == SENT * 3
