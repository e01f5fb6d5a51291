"""Cutting super-packets, against another program's packets and checksums."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from vpn.system import arrays
from vpn.system.offload import GSO_TCPV4, GSO_TCPV6, GSO_UDP, VNET_HEADER, buffers, coalesce
from vpn.system.segment import packets_of

ALL = frozenset((GSO_TCPV4, GSO_TCPV6, GSO_UDP))
STAMP = [("NOP", None), ("NOP", None), ("Timestamp", (7, 8))]
FRAMES = {
    "tun": lambda: b"",
    "tap": lambda: bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02"))[:12],
    "vlan": lambda: (
        bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02"))[:12] + b"\x81\x00\x00\x07"
    ),
}
AT = {"tun": 0, "tap": 14, "vlan": 14}


@pytest.fixture(scope="module", autouse=True)
def _loaded():
    arrays.load()


def cut(read: bytes, at: int = 0) -> list[bytes]:
    loaded = arrays.arrays()
    assert loaded is not None
    return packets_of(memoryview(read), at, loaded)


def framed(kind: str, layer) -> bytes:
    front = FRAMES[kind]()
    if front:
        front += b"\x08\x00" if IP in layer else b"\x86\xdd"
    return front + bytes(layer)


def super_packet(kind: str, layer, size: int) -> bytes:
    """As the kernel hands it over: lengths of the whole, no checksum, but a sum nobody needs."""
    transport = TCP if TCP in layer else UDP
    frame = framed(kind, layer)
    start = len(frame) - len(bytes(layer[transport]))
    gso = GSO_UDP if transport is UDP else GSO_TCPV4 if IP in layer else GSO_TCPV6
    offset = 16 if transport is TCP else 6
    frame = frame[: start + offset] + b"\xab\xcd" + frame[start + offset + 2 :]
    # The length of the headers that it tells may be any that is not too short.
    return VNET_HEADER.pack(1, gso, len(frame) % 1500 + 60, size, start, offset) + frame


def segments(kind: str, layer, size: int) -> list[bytes]:
    """What a network card would make of it, by Scapy's own computing."""
    transport = TCP if TCP in layer else UDP
    payload = bytes(layer[transport].payload)
    found, count = [], -(-len(payload) // size)
    for number in range(count):
        one = layer.copy()
        one[transport].remove_payload()
        one /= Raw(payload[number * size :][:size])
        if IP in one:
            one[IP].id = layer[IP].id + number & 0xFFFF
        if transport is TCP:
            one[TCP].seq = layer[TCP].seq + number * size & 0xFFFFFFFF
            flags = set(str(layer[TCP].flags))
            flags -= {"F", "P"} if number + 1 < count else set()
            flags -= {"C"} if number else set()
            one[TCP].flags = "".join(flags)
        found.append(framed(kind, one))
    return found


@given(
    st.sampled_from(list(FRAMES)),
    st.sampled_from([4, 6, "4 with options"]),
    st.sampled_from(["A", "PA", "FPA", "CA", "CPA", "UA"]),
    st.sampled_from([[], STAMP]),
    st.integers(1, 1500),
    st.integers(1, 30_000),
    st.sampled_from([0, 1, 2**32 - 20_000, 2**31]),
    st.sampled_from([0, 1, 65_500, 65_535]),
)
def test_a_stream_is_cut_as_a_network_card_cuts_it(
    kind, version, flags, options, size, length, sequence, ident
):
    size = max(size, length // 500)
    if version == 6:
        layer = IPv6(src="fd00::2", dst="fd00::1", tc=1, fl=77)
    else:
        extra = {"options": [IPOption_NOP()] * 4} if version != 4 else {}
        layer = IP(src="10.8.0.2", dst="10.8.0.1", id=ident, flags="DF", tos=2, **extra)
    fields = {"seq": sequence, "ack": 9, "flags": flags, "options": options, "urgptr": 3}
    layer /= TCP(sport=5201, dport=4000, window=500, **fields) / Raw(os.urandom(length))
    assert cut(super_packet(kind, layer, size), AT[kind]) == segments(kind, layer, size)


@given(
    st.sampled_from(list(FRAMES)),
    st.sampled_from([4, 6]),
    st.integers(1, 1500),
    st.integers(1, 30_000),
)
def test_datagrams_are_cut_as_a_network_card_cuts_them(kind, version, size, length):
    size = max(size, length // 500)
    ip = IP(src="10.8.0.2", dst="10.8.0.1") if version == 4 else IPv6(src="fd00::2", dst="fd00::1")
    layer = ip / UDP(sport=53, dport=4000) / Raw(os.urandom(length))
    assert cut(super_packet(kind, layer, size), AT[kind]) == segments(kind, layer, size)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("protocol", [TCP, UDP])
@pytest.mark.parametrize("count", [4, 40])
def test_what_is_cut_and_joined_is_what_it_was(version, protocol, count):
    ip = IP(src="10.8.0.2", dst="10.8.0.1", id=7) if version == 4 else IPv6(dst="fd00::1")
    transport = TCP(seq=2**32 - 3000, flags="PA", options=STAMP) if protocol is TCP else UDP()
    layer = ip / transport / Raw(os.urandom(1388 * count + 100))
    loaded = arrays.arrays()
    [group] = coalesce(segments("tun", layer, 1388), 0, ALL, loaded)
    read = b"".join(buffers(group, 0))
    [again] = coalesce(cut(read), 0, ALL, loaded)
    assert b"".join(buffers(again, 0)) == read


@given(st.sampled_from([4, 6]), st.sampled_from([TCP, UDP]), st.binary(max_size=100))
def test_a_checksum_that_is_not_there_yet_is_completed(version, protocol, payload):
    ip = IP(src="10.8.0.2", dst="10.8.0.1") if version == 4 else IPv6(src="fd00::2", dst="fd00::1")
    packet = bytes(ip / protocol(sport=7, dport=8) / Raw(payload))
    start, offset = (20 if version == 4 else 40), (16 if protocol is TCP else 6)
    field = slice(start + offset, start + offset + 2)
    pseudo = packet[12:20] if version == 4 else packet[8:40]
    number = 6 if protocol is TCP else 17
    total = (int.from_bytes(pseudo, "big") + number + len(packet) - start) % 65_535
    read = bytearray(packet)
    read[field] = total.to_bytes(2, "big")
    [found] = cut(VNET_HEADER.pack(1, 0, 0, 0, start, offset) + bytes(read))
    if packet[field] == bytes(2):  # ours is the other form of 0
        packet = packet[: field.start] + b"\xff\xff" + packet[field.stop :]
    assert found == packet


def test_a_plain_packet_stays_as_it_is():
    packet = bytes(IP(dst="10.8.0.1") / Raw(b"anything"))
    assert cut(bytes(10) + packet) == [packet]
    assert cut(VNET_HEADER.pack(2, 0, 0, 0, 0, 0) + packet) == [packet]


@pytest.mark.parametrize("header", [
    (1, 1, 52, 0, 20, 16), (1, 1, 52, 1400, 60_000, 16), (1, 1, 52, 1400, 0, 16),
    (1, 99, 52, 1400, 20, 16), (1, 0, 0, 0, 60_000, 16), (1, 0, 0, 0, 20, 60_000),
])  # fmt: skip
@pytest.mark.parametrize("at", [0, 14])
def test_nonsense_passes_as_it_is(header, at):
    frame = bytes(range(200))
    assert cut(VNET_HEADER.pack(*header) + frame, at) == [frame]
    assert cut(VNET_HEADER.pack(*header) + b"E", at) == [b"E"]
