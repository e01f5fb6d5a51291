"""mssfix, against another program's packets and checksums."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrFragment
from scapy.layers.l2 import Dot1Q, Ether

from vpn.data import mss

NOP, SACK, SCALE = ("NOP", None), ("SAckOK", b""), ("WScale", 7)
LAYOUTS = (
    lambda value: [("MSS", value)],
    lambda value: [NOP, ("MSS", value), NOP, NOP, NOP],  # at an odd offset
    lambda value: [SACK, ("MSS", value), SCALE],
    lambda value: [SCALE, ("MSS", value), NOP],  # odd again
    lambda value: [NOP, NOP, ("MSS", value)],
)


def syn(layer, options, **fields) -> bytes:
    tcp = TCP(sport=1234, dport=80, seq=99, flags=fields.pop("flags", "S"), options=options)
    return bytes(layer(**fields) / tcp)


def mss_of(packet) -> int:
    return dict(option for option in packet[TCP].options if option[0] == "MSS")["MSS"]


def assert_checksum_is_right(layer, data: bytes) -> None:
    parsed = layer(data)
    found = parsed[TCP].chksum
    del parsed[TCP].chksum
    assert layer(bytes(parsed))[TCP].chksum == found


@pytest.mark.parametrize("flags", ["S", "SA", "SEC"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(("layer", "limit"), [(IP, 1400), (IPv6, 1380)])
def test_mss_is_lowered_and_the_checksum_stays_right(layer, limit, layout, flags):
    packet = syn(layer, layout(1460), flags=flags)
    clamped = mss.clamp(packet, 1400)
    assert mss_of(layer(clamped)) == limit
    assert_checksum_is_right(layer, clamped)
    assert len(clamped) == len(packet)


@given(
    st.sampled_from([IP, IPv6]),
    st.sampled_from(LAYOUTS),
    st.integers(0, 65535),
    st.integers(21, 65535),
)
def test_any_value_is_lowered_with_a_right_checksum(layer, layout, value, limit):
    packet = syn(layer, layout(value))
    clamped = mss.clamp(packet, limit)
    assert mss_of(layer(clamped)) == min(value, limit - 20 if layer is IPv6 else limit)
    assert_checksum_is_right(layer, clamped)


def test_ip_options_move_the_tcp_header():
    packet = bytes(IP(options=[IPOption_NOP()] * 8) / TCP(flags="S", options=SYN))
    assert packet[0] == 0x47
    clamped = mss.clamp(packet, 1000)
    assert mss_of(IP(clamped)) == 1000
    assert_checksum_is_right(IP, clamped)


def test_frames_are_clamped_behind_their_header():
    for layer in (IP, IPv6):
        frame = bytes(Ether() / layer() / TCP(flags="S", options=[("MSS", 1460)]))
        clamped = mss.clamp(frame, 1000, at=14)
        assert clamped[:14] == frame[:14]
        assert mss_of(Ether(clamped)) == (1000 if layer is IP else 980)


SYN = [("MSS", 1460)]


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\x45",
        syn(IP, [("MSS", 1400)]),
        syn(IP, SYN, flags="A"),
        syn(IP, SYN, flags="R"),
        syn(IP, SYN, frag=5),
        syn(IP, SYN, flags="S") [:-2],
        bytes(IP(flags="MF") / TCP(flags="S", options=SYN)),
        bytes(IPv6() / IPv6ExtHdrFragment() / TCP(flags="S", options=SYN)),
        bytes(IP() / UDP() / bytes(60)),
        syn(IP, []),
        syn(IP, [("EOL", None), *SYN]),
        syn(IP, [SCALE]),
    ],
)  # fmt: skip
def test_everything_else_passes_as_it_is(packet):
    assert mss.clamp(packet, 1400) is packet


def test_dont_fragment_is_no_fragment():
    assert mss_of(IP(mss.clamp(syn(IP, SYN, flags="S"), 1000))) == 1000
    packet = bytes(IP(flags="DF") / TCP(flags="S", options=SYN))
    assert mss_of(IP(mss.clamp(packet, 1000))) == 1000


@pytest.mark.parametrize(
    "options", [b"\x01\x02\x04\x05", b"\x02\x03\x05", b"\x05\x00", b"\x05\x01"]
)
def test_options_that_are_cut_or_lie_about_their_length_do_no_harm(options):
    packet = bytearray(syn(IP, [NOP] * 4))
    packet[40 : 40 + len(options)] = options
    assert mss.clamp(bytes(packet), 500) == bytes(packet)


def test_frames_that_hold_no_ip_are_left_alone():
    inner = syn(IP, SYN)
    tagged = bytes(Ether() / Dot1Q(vlan=5) / IP(inner))
    other = bytes(Ether(type=0x8137)) + inner
    for frame in (tagged, other):
        assert mss.clamp(frame, 500, at=14) is frame


@pytest.mark.parametrize("limit", [1, 19, 20, 21])
def test_a_limit_that_is_too_low_stays_a_number(limit):
    for layer in (IP, IPv6):
        clamped = mss.clamp(syn(layer, SYN), limit)
        assert 1 <= mss_of(layer(clamped)) <= limit


@given(st.binary(max_size=90), st.sampled_from([0, 14]))
def test_any_bytes_come_back_with_their_length(data, at):
    for first in (0x45, 0x60):
        packet = data[:at] + bytes([first]) + data[at:]
        assert len(mss.clamp(packet, 100, at)) == len(packet)


def test_a_batch_is_clamped_as_its_packets_one_by_one():
    layers = [IP(), IP(options=[IPOption_NOP()] * 4), IPv6(), IPv6(tc=255)]
    packets = [
        bytes(layer / TCP(flags=flags, options=layout(1460)))
        for layer in layers
        for layout in LAYOUTS
        for flags in ("S", "SA", "A", "PA")
    ]
    packets += [b"", b"\x45", b"\x60", bytes(60), *(packet[:34] for packet in packets)]
    packets += [bytes(layer() / UDP() / bytes(60)) for layer in (IP, IPv6)]
    for at, prefix in ((0, b""), (14, bytes(12) + b"\x08\x00"), (14, bytes(12) + b"\x86\xdd")):
        whole = [prefix + packet for packet in packets]
        assert mss.clamp_batch(whole, 1400, at) == [mss.clamp(one, 1400, at) for one in whole]
