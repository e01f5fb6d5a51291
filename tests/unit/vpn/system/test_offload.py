"""Super-packets, against another program's packets and checksums."""

from __future__ import annotations

import os
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP, IPOption_NOP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from vpn.system import arrays, offload
from vpn.system.offload import GSO_TCPV4, GSO_TCPV6, GSO_UDP, PLAIN, Group, buffers, coalesce

ALL = frozenset((GSO_TCPV4, GSO_TCPV6, GSO_UDP))
STAMP = [("NOP", None), ("NOP", None), ("Timestamp", (7, 8))]
MSS = 1388
FOUR, SIX = {"src": "10.8.0.2", "dst": "10.8.0.1"}, {"src": "fd00::2", "dst": "fd00::1"}


@pytest.fixture(scope="module", autouse=True)
def _loaded():
    arrays.load()


def ip(version: int, number: int = 0, **fields):
    if version == 4:
        return IP(**{**FOUR, "id": 100 + number & 0xFFFF, **fields})
    return IPv6(**{**SIX, **fields})


def tcp(
    number: int, size: int = MSS, *, version: int = 4, flags: str = "A", ip_fields=None, **fields
) -> bytes:
    fields = {"sport": 5201, "dport": 4000, "seq": 1000 + number * MSS & 0xFFFFFFFF, "ack": 77,
              "window": 500, "options": STAMP, **fields}  # fmt: skip
    payload = Raw(bytes((number + at) % 251 for at in range(size)))
    layer = ip(version, number, **(ip_fields or {}))
    return bytes(layer / TCP(flags=flags, **fields) / payload)


def udp(number: int, size: int = 64, *, version: int = 4, **fields) -> bytes:
    layer = ip(version, number) / UDP(**{"sport": 53, "dport": 5353, **fields})
    return bytes(layer / Raw(bytes([number % 256]) * size))


def groups_of(packets: list[bytes], at: int = 0, kinds=ALL) -> list[Group]:
    loaded = arrays.arrays()
    assert loaded is not None
    return coalesce(packets, at, kinds, loaded)


def sizes(packets: list[bytes], at: int = 0, kinds=ALL) -> list[int]:
    return [len(group.packets) for group in groups_of(packets, at, kinds)]


def written(group: Group, at: int = 0) -> tuple[tuple[int, ...], bytes]:
    """The kernel's header, and the packet behind it."""
    data = b"".join(buffers(group, at))
    return struct.unpack("=BBHHHH", data[:10]), data[10:]


def cut(header: tuple[int, ...], packet: bytes, at: int = 0) -> list[bytes]:
    """What the kernel makes of a super-packet, by Scapy's own computing."""
    flags, kind, end, size, start, offset = header
    if not kind:
        return [packet]
    assert flags == 1
    frame, data = packet[:at], packet[at:]
    layer = IP(data) if data[0] >> 4 == 4 else IPv6(data)
    transport = TCP if kind != GSO_UDP else UDP
    assert (start, offset) == (at + len(layer) - len(layer.payload), 16 if transport is TCP else 6)
    assert end == len(packet) - len(layer[transport].payload)
    payload = bytes(layer[transport].payload)
    return [
        frame + segment(layer, transport, number, payload[number * size :][:size],
                        is_last=(number + 1) * size >= len(payload))
        for number in range(-(-len(payload) // size))
    ]  # fmt: skip


def segment(layer, transport, number: int, payload: bytes, *, is_last: bool) -> bytes:
    one = layer.copy()
    one[transport].remove_payload()
    one /= Raw(payload)
    if IP in one:
        one.id = one.id + number & 0xFFFF
        del one.chksum, one.len
    else:
        del one.plen
    del one[transport].chksum
    if transport is TCP:
        one.seq = one.seq + number * MSS & 0xFFFFFFFF
        if not is_last:
            one[TCP].flags = "A"
    else:
        del one[UDP].len
    return bytes(one)


@pytest.mark.parametrize("version", [4, 6])
def test_a_run_of_segments_is_one_super_packet(version):
    packets = [tcp(number, version=version) for number in range(43)]
    packets.append(tcp(43, 700, version=version, flags="PA"))
    [group] = groups_of(packets)
    header, packet = written(group)
    assert header[:2] == (1, GSO_TCPV4 if version == 4 else GSO_TCPV6)
    assert header[3] == MSS
    assert cut(header, packet) == packets


@pytest.mark.parametrize("version", [4, 6])
def test_a_frame_is_joined_behind_its_own_header(version):
    ether = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02") / ip(version))[:14]
    packets = [ether + tcp(number, version=version) for number in range(5)]
    [group] = groups_of(packets, 14)
    header, packet = written(group, 14)
    assert cut(header, packet, 14) == packets


@pytest.mark.parametrize("version", [4, 6])
def test_a_run_of_datagrams_is_one_super_packet(version):
    packets = [udp(number, version=version) for number in range(20)] + [udp(20, 9, version=version)]
    [group] = groups_of(packets)
    header, packet = written(group)
    assert header[1] == GSO_UDP
    assert cut(header, packet) == packets
    assert sizes(packets, kinds=ALL - {GSO_UDP}) == [1] * 21


def test_no_super_packet_is_longer_than_an_ip_packet():
    packets = [tcp(number) for number in range(100)]
    for group in groups_of(packets):
        assert len(written(group)[1]) <= 65_535
    assert sizes(packets) == [47, 47, 6]
    assert sizes([udp(number, 1) for number in range(100)]) == [64, 36]


def test_no_super_packet_has_more_parts_than_a_system_call_takes():
    packets = [tcp(number, 1, seq=1000 + number) for number in range(1100)]
    groups = groups_of(packets)
    assert [len(group.packets) for group in groups] == [1000, 100]
    assert max(len(buffers(group, 0)) for group in groups) <= os.sysconf("SC_IOV_MAX")


def test_a_tagged_frame_is_not_taken_for_an_ip_packet():
    ether = bytes(Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02", type=0x8100) / b"")
    assert sizes([ether + tcp(number) for number in range(4)], 14) == [1, 1, 1, 1]


def test_a_sum_of_zero_is_written_in_its_other_form():
    """A UDP checksum of 0 would say that there is none."""
    length = 8 + 2 * 64
    head = bytes(IP(src="10.8.0.0", dst="10.8.0.1", proto=17))
    low = -offload.pseudo_sum(head, 0, length) % 65_535  # of the source, to make the sum 0
    source = f"10.8.{low & 0xFF}.{low >> 8}"
    layer = IP(src=source, dst="10.8.0.1", id=1) / UDP(sport=53, dport=5353)
    packets = [bytes(layer / Raw(bytes([number]) * 64)) for number in range(2)]
    packets[1] = bytes(IP(src=source, dst="10.8.0.1", id=2) / IP(packets[1]).payload)
    [group] = groups_of(packets)
    assert written(group)[1][26:28] == b"\xff\xff"


def test_what_goes_around_the_end_of_its_range_goes_on():
    first = 2**32 - 2 * MSS - 5
    packets = [
        tcp(
            number,
            seq=first + number * MSS & 0xFFFFFFFF,
            ip_fields={"id": 65_534 + number & 0xFFFF},
        )
        for number in range(6)
    ]
    [group] = groups_of(packets)
    assert cut(*written(group)) == packets


@pytest.mark.parametrize("change", [
    {"flags": "FA"}, {"flags": "SA"}, {"flags": "RA"}, {"flags": "UA"}, {"flags": "CA"},
    {"flags": "EA"}, {"size": 0}, {"size": MSS + 1}, {"seq": 1}, {"ack": 78}, {"window": 501},
    {"options": [("NOP", None), ("NOP", None), ("Timestamp", (7, 9))]}, {"urgptr": 9},
    {"ip_fields": {"tos": 3}}, {"ip_fields": {"ttl": 63}}, {"ip_fields": {"id": 7}},
    {"ip_fields": {"flags": "DF"}}, {"ip_fields": {"flags": "MF"}}, {"ip_fields": {"frag": 5}},
    {"ip_fields": {"options": [IPOption_NOP()] * 4}}, {"ip_fields": {"src": "10.8.0.9"}},
    {"sport": 9},
], ids=str)  # fmt: skip
def test_what_differs_is_not_joined(change):
    packets = [tcp(0), tcp(1), tcp(2, **change), tcp(3), tcp(4)]
    groups = groups_of(packets)
    assert [2] not in [group.packets for group in groups]
    odd = next(group for group in groups if packets[2] in group.packets)
    assert odd.packets == [packets[2]]
    assert sorted(packet for group in groups for packet in group.packets) == sorted(packets)


def test_ids_do_not_count_where_fragments_are_forbidden():
    packets = [tcp(number, ip_fields={"flags": "DF", "id": 0}) for number in range(4)]
    assert sizes(packets) == [4]


def with_one_bit_changed(packet: bytes, where: int) -> bytes:
    bent = bytearray(packet)
    bent[where] ^= 0x10
    return bytes(bent)


@pytest.mark.parametrize("where", [12, 20, 24, 36, 37, 60, 61, -1])
@pytest.mark.parametrize("which", [0, 1, 3])
def test_a_wrong_checksum_is_left_for_the_kernel_to_see(which, where):
    packets = [tcp(number) for number in range(4)]
    bent = packets[which] = with_one_bit_changed(packets[which], where)
    groups = groups_of(packets)
    assert [bent] in [group.packets for group in groups]
    [alone] = [group for group in groups if group.packets == [bent]]
    assert b"".join(buffers(alone, 0)) == PLAIN + bent


def test_a_datagram_without_a_checksum_is_not_joined():
    packets = [bytearray(udp(number)) for number in range(3)]
    for packet in packets:
        packet[26:28] = bytes(2)
    assert sizes(list(map(bytes, packets))) == [1, 1, 1]


def test_flows_that_take_turns_are_joined_each_by_itself():
    flows = [5201, 5202, 5203, 5204]
    packets = [tcp(number, sport=port) for number in range(10) for port in flows]
    groups = groups_of(packets)
    assert [len(group.packets) for group in groups] == [10] * 4
    assert [group.packets[0] for group in groups] == packets[:4]


KINDS = st.sampled_from(
    ["next", "next", "next", "next", "push", "ack", "fin", "udp", "odd", "other"]
)


@given(st.lists(st.tuples(st.integers(0, 2), KINDS, st.integers(1, 3)), max_size=60))
def test_nothing_is_lost_and_nothing_overtakes_its_own_flow(steps):
    sequences, packets, flow_of = [0, 0, 0], [], {}
    for number, (flow, kind, size) in enumerate(steps):
        fields = {"seq": sequences[flow], "sport": 1000 + flow, "ip_fields": {"flags": "DF"}}
        match kind:
            case "ack":
                packet = tcp(number, 0, **fields)
            case "udp":
                packet = udp(number, size * 10, sport=flow)
            case "odd":
                packet = bytes(IP(src="10.8.0.2", dst="10.8.0.1", proto=47) / Raw(bytes(size)))
            case _:
                flags = {"push": "PA", "fin": "FA"}.get(kind, "A")
                port = {"sport": 9} if kind == "other" else {}
                packet = tcp(number, 4 * size, flags=flags, **{**fields, **port})
                sequences[flow] += 4 * size if kind != "other" else 0
        packets.append(packet)
        flow_of[number] = (kind in ("udp", "odd"), packet[9:10], packet[20:22])
    order = {}
    for number, packet in enumerate(packets):
        order.setdefault(packet, []).append(number)
    seen = [order[packet].pop(0) for group in groups_of(packets) for packet in group.packets]
    assert sorted(seen) == list(range(len(packets)))
    for flow in set(flow_of.values()):
        of_flow = [number for number in seen if flow_of[number] == flow]
        assert of_flow == sorted(of_flow)


@given(st.integers(1, MSS), st.integers(2, 40), st.integers(0, MSS), st.sampled_from([4, 6]))
def test_what_is_joined_is_cut_into_what_it_was(mss, count, last, version):
    lengths = [mss] * count + ([min(last, mss)] if last else [])
    at, packets = 0, []
    for number, length in enumerate(lengths):
        packets.append(tcp(number, length, version=version, seq=at))
        at += length
    [group] = groups_of(packets)
    header, packet = written(group)
    assert header[3] == mss
    payloads = [bytes((IP if version == 4 else IPv6)(each)[TCP].payload) for each in packets]
    assert packet[header[2] :] == b"".join(payloads)


FRAMES = {4: bytes(12) + b"\x08\x00", 6: bytes(12) + b"\x86\xdd"}
SORTS = {
    "v4": lambda number, at: tcp(number, 100, seq=at),
    "v4 df": lambda number, at: tcp(number, 100, seq=at, ip_fields={"flags": "DF", "id": 7}),
    "v6": lambda number, at: tcp(number, 100, version=6, seq=at),
    "push": lambda number, at: tcp(number, 100, seq=at, flags="PA"),
    "other flow": lambda number, at: tcp(number, 100, seq=at, sport=7),
    "other window": lambda number, at: tcp(number, 100, seq=at, window=9),
    "other id": lambda number, at: tcp(number + 9, 100, seq=at),
    "gap": lambda number, at: tcp(number, 100, seq=at + 1),
    "fin": lambda number, at: tcp(number, 100, seq=at, flags="FA"),
    "udp": lambda number, _at: udp(number, 112),
    "udp 6": lambda number, _at: udp(number, 112, version=6),
}


@given(
    st.lists(st.tuples(st.sampled_from(list(SORTS)), st.integers(1, 20)), max_size=8),
    st.sampled_from([0, 14]),
    st.integers(0, 2**32 - 1),
)
def test_numpy_joins_what_is_joined_one_by_one(runs, at, first):
    packets = []
    for sort, count in runs:
        for _ in range(count):
            number = len(packets)
            packet = SORTS[sort](number, first + 100 * number & 0xFFFFFFFF)
            packets.append((FRAMES[packet[0] >> 4] if at else b"") + packet)
    at_once = [group.packets for group in groups_of(packets, at)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(offload, "WORTH_AN_ARRAY", 10_000)
        alone = [group.packets for group in groups_of(packets, at)]
    assert at_once == alone


@pytest.mark.parametrize("which", [0, 1, 10, 29])
@pytest.mark.parametrize("where", [10, 12, 26, 36, 60, -1])
def test_numpy_sees_a_wrong_checksum(which, where):
    packets = [tcp(number) for number in range(30)]
    bent = packets[which] = with_one_bit_changed(packets[which], where)
    groups = groups_of(packets)
    assert [bent] in [group.packets for group in groups]
    assert [packet for group in groups for packet in group.packets] == packets
