"""Super-packets and a real kernel: what is written at once arrives as it would one by one."""

from __future__ import annotations

import os
import select
import socket
from functools import partial
from pathlib import Path

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from scapy.packet import Raw

from tests.unit.vpn.system.private_network import in_private_network, ip
from vpn.config.options import DevType, TunOptions
from vpn.system import arrays, gso
from vpn.system.tun import Tun

OWN, OTHER = {4: "10.8.0.1", 6: "fd00::1"}, {4: "10.8.0.2", 6: "fd00::2"}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
LAYER = {4: partial(IP, flags="DF"), 6: IPv6}
MAC = "02:00:00:00:00:02"


class Wire:
    """The other side of a tun or tap: it knows where the kernel is."""

    def __init__(self, version: int, kind: DevType) -> None:
        self.tun = Tun.open(TunOptions(dev=kind.value, dev_type=kind))
        name = self.tun.name
        bits = "24" if version == 4 else "64"
        ip(
            "addr",
            "add",
            f"{OWN[version]}/{bits}",
            "dev",
            name,
            *(["nodad"] if version == 6 else []),
        )
        ip("link", "set", name, "up")
        self._front = b""
        if kind is DevType.TAP:
            ip("neigh", "add", OTHER[version], "lladdr", MAC, "dev", name)
            own = ip("-br", "link", "show", name).split()[2]
            self._front = bytes(Ether(src=MAC, dst=own, type=0x0800 if version == 4 else 0x86DD))
        self._layer = LAYER[version](src=OTHER[version], dst=OWN[version])

    def frame(self, transport) -> bytes:
        return self._front + bytes(self._layer / transport)

    def read(self, kind):
        """The next packet of the kernel that has this layer."""
        while True:
            assert select.select([self.tun], [], [], 5)[0]
            for packet in self.tun.read_batch(1):
                data = packet[len(self._front) :]
                parsed = (IP if data[0] >> 4 == 4 else IPv6)(data)
                if kind in parsed:
                    return parsed[kind]


def counted_writes() -> list[int]:
    """How many buffers each system call writes, from now on: the process ends with the test."""
    sizes, real = [], os.writev
    os.writev = lambda fd, parts: (sizes.append(len(parts)), real(fd, parts))[1]
    return sizes


@pytest.mark.parametrize("kind", [DevType.TUN, DevType.TAP])
@pytest.mark.parametrize("version", [4, 6])
@in_private_network
def test_a_stream_in_super_packets_arrives_whole(version, kind):
    arrays.load()
    wire = Wire(version, kind)
    listener = socket.create_server((OWN[version], 80), family=FAMILY[version])
    wire.tun.write_batch([wire.frame(TCP(sport=9, dport=80, seq=99, flags="S"))])
    answer = wire.read(TCP)
    assert answer.flags == "SA"
    ack = {"sport": 9, "dport": 80, "ack": answer.seq + 1, "window": 60_000}
    payloads = [bytes([number]) * 1000 for number in range(60)] + [b"the end"]
    segments = [
        wire.frame(TCP(flags="A", seq=100 + 1000 * number, **ack) / Raw(payload))
        for number, payload in enumerate(payloads)
    ]
    sizes = counted_writes()
    for first in range(0, len(segments), 10):  # no more than the window takes at first
        wire.tun.write_batch(segments[first : first + 10])
    assert max(sizes) == 12
    stream, _ = listener.accept()
    stream.settimeout(5)
    expected, found = b"".join(payloads), b""
    while len(found) < len(expected):
        found += stream.recv(65536)
    assert found == expected
    for each in (stream, listener, wire.tun):
        each.close()


@pytest.mark.parametrize("kind", [DevType.TUN, DevType.TAP])
@pytest.mark.parametrize("version", [4, 6])
@in_private_network
def test_datagrams_in_super_packets_arrive_each_by_itself(version, kind):
    arrays.load()
    wire = Wire(version, kind)
    with socket.socket(FAMILY[version], socket.SOCK_DGRAM) as sock:
        sock.bind((OWN[version], 53))
        sock.settimeout(5)
        payloads = [bytes([number]) * 300 for number in range(20)] + [b"last"]
        packets = [wire.frame(UDP(sport=9, dport=53) / Raw(payload)) for payload in payloads]
        wire.tun.write_batch(packets)
        assert [sock.recv(2000) for _ in payloads] == payloads
    wire.tun.close()


def asked_for_super_packets(wire: Wire, version: int) -> None:
    """The kernel cuts until the first burst has come."""
    with socket.socket(FAMILY[version], socket.SOCK_DGRAM) as sock:
        for _ in range(8):
            sock.sendto(b"some", (OTHER[version], 7))
    while len(wire.tun.read_batch(128)) < 8:
        assert select.select([wire.tun], [], [], 5)[0]


def counted_reads() -> list[int]:
    """How many bytes each system call reads, from now on: the process ends with the test."""
    sizes, real = [], os.readv

    def readv(descriptor, parts):
        sizes.append(real(descriptor, parts))
        return sizes[-1]

    os.readv = readv
    return sizes


def is_right(packet: bytes) -> bool:
    """Are the checksums those that Scapy computes?"""
    layer = (IP if packet[0] >> 4 == 4 else IPv6)(packet)
    again = layer.copy()
    for each in (IP, TCP, UDP):
        if each in again:
            del again[each].chksum
    return bytes(again) == packet


@pytest.mark.parametrize("kind", [DevType.TUN, DevType.TAP])
@pytest.mark.parametrize("version", [4, 6])
@in_private_network
def test_a_stream_of_the_kernels_is_cut_into_segments(version, kind):
    arrays.load()
    wire = Wire(version, kind)
    asked_for_super_packets(wire, version)
    listener = socket.create_server((OWN[version], 80), family=FAMILY[version])
    syn = TCP(sport=9, dport=80, seq=99, flags="S", options=[("MSS", 1000)], window=60_000)
    wire.tun.write_batch([wire.frame(syn)])
    answer = wire.read(TCP)
    ack = TCP(sport=9, dport=80, seq=100, ack=answer.seq + 1, flags="A", window=60_000)
    wire.tun.write_batch([wire.frame(ack)])
    stream, _ = listener.accept()
    sent = bytes(number % 251 for number in range(9_500))
    sizes, found, packets = counted_reads(), b"", []
    stream.send(sent)
    while len(found) < len(sent):
        assert select.select([wire.tun], [], [], 5)[0]
        for packet in wire.tun.read_batch(1):
            data = packet[len(wire._front) :]
            layer = (IP if version == 4 else IPv6)(data)
            if TCP in layer and layer[TCP].seq == answer.seq + 1 + len(found):
                packets.append(data)
                found += bytes(layer[TCP].payload)
    assert found == sent
    assert max(sizes) > 5_000
    assert all(map(is_right, packets))
    assert max(map(len, packets)) <= 1000 + (40 if version == 4 else 60)
    for each in (stream, listener, wire.tun):
        each.close()


@pytest.mark.parametrize("kind", [DevType.TUN, DevType.TAP])
@pytest.mark.parametrize("version", [4, 6])
@in_private_network
def test_a_train_of_datagrams_of_the_kernels_is_cut_into_datagrams(version, kind):
    arrays.load()
    wire = Wire(version, kind)
    asked_for_super_packets(wire, version)
    payloads = [bytes([number]) * 300 for number in range(20)] + [b"last"]
    sizes = counted_reads()
    with socket.socket(FAMILY[version], socket.SOCK_DGRAM) as sock:
        sock.connect((OTHER[version], 53))
        sock.sendmsg(payloads, [(gso.SOL_UDP, gso.UDP_SEGMENT, gso.SEGMENT_SIZE.pack(300))])
    found = []
    while len(found) < len(payloads):
        assert select.select([wire.tun], [], [], 5)[0]
        packets = [packet[len(wire._front) :] for packet in wire.tun.read_batch(1)]
        layers = [(IP if version == 4 else IPv6)(packet) for packet in packets]
        assert all(map(is_right, packets))
        found += [bytes(layer[UDP].payload) for layer in layers if UDP in layer]
    assert found == payloads
    assert max(sizes) > 6_000
    wire.tun.close()


@in_private_network
def test_what_has_a_wrong_checksum_is_dropped_by_the_kernel_and_nothing_else_is():
    arrays.load()
    wire = Wire(4, DevType.TUN)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((OWN[4], 53))
        sock.settimeout(5)
        payloads = [bytes([number]) * 300 for number in range(10)]
        packets = [wire.frame(UDP(sport=9, dport=53) / Raw(payload)) for payload in payloads]
        packets[4] = packets[4][:-1] + b"x"
        wire.tun.write_batch(packets)
        assert [sock.recv(2000) for _ in range(9)] == payloads[:4] + payloads[5:]
    wire.tun.close()
    names, values = (
        line.split()
        for line in Path("/proc/net/snmp").read_text().splitlines()
        if line.startswith("Udp:")
    )
    assert dict(zip(names, values, strict=True))["InCsumErrors"] == "1"
