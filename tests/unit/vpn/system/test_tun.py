"""The tun and tap devices, real ones in a network of the test's own."""

from __future__ import annotations

import errno
import fcntl
import os
import select
import socket
import struct

import pytest
from scapy.layers.inet import IP, UDP

from tests.unit.vpn.system.private_network import in_private_network, ip
from vpn.config.options import DevType, TunOptions
from vpn.errors import SystemFailure
from vpn.system.tun import TUN_F_CSUM, TUNSETOFFLOAD, TUNSETVNETHDRSZ, Tun

TUNSETPERSIST, TUN_F_TSO4 = 0x400454CB, 0x02  # <linux/if_tun.h>


@in_private_network
def test_a_bare_name_takes_the_next_free_device():
    first = Tun.open(TunOptions(dev="tun"))
    second = Tun.open(TunOptions(dev="tun"))
    named = Tun.open(TunOptions(dev="inner"))
    tap = Tun.open(TunOptions(dev="tap", dev_type=DevType.TAP))
    assert [first.name, second.name, named.name, tap.name] == ["tun0", "tun1", "inner", "tap0"]
    assert "link/ether" in ip("link", "show", "tap0")
    with pytest.raises(SystemFailure, match=r"TUNSETIFF tun0: Device or resource busy.*--dev"):
        Tun.open(TunOptions(dev="tun0"))
    first.close()
    assert "tun0" not in ip("link")


@in_private_network
def test_packets_go_both_ways():
    tun = Tun.open(TunOptions(dev="tun"))
    assert tun.read_batch(64) == []
    ip("addr", "add", "10.8.0.1/24", "dev", "tun0")
    ip("link", "set", "tun0", "up")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("10.8.0.1", 4444))
        for _ in range(3):
            sock.sendto(b"out", ("10.8.0.2", 5555))
        packets = []
        while len(packets) < 3:
            assert select.select([tun], [], [], 5)[0]
            packets += [packet for packet in tun.read_batch(64) if packet[0] >> 4 == 4]
        assert all(packet.endswith(b"out") for packet in packets)
        tun.write_batch([b"", b"\x00 not IP", answer(packets[0])])
        sock.settimeout(5)
        assert sock.recv(100) == b"out"
    tun.close()


def answer(packet):
    """The same UDP packet, the other way round; a checksum of 0 is none."""
    source, destination = packet[12:16], packet[16:20]
    ports = struct.unpack_from("!HH", packet, 20)
    header = packet[:12] + destination + source  # the sum of the header stays the same
    return header + struct.pack("!HHHH", ports[1], ports[0], 8 + 3, 0) + packet[28:]


@in_private_network
def test_a_persistent_device_keeps_no_wish_of_its_last_user():
    tun = Tun.open(TunOptions(dev="mine0"))
    fcntl.ioctl(tun.fileno(), TUNSETPERSIST, 1)
    fcntl.ioctl(tun.fileno(), TUNSETVNETHDRSZ, struct.pack("=i", 12))
    fcntl.ioctl(tun.fileno(), TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4)
    tun.close()
    tun = Tun.open(TunOptions(dev="mine0"))
    ip("addr", "add", "10.8.0.1/24", "dev", "mine0")
    ip("link", "set", "mine0", "up")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("10.8.0.1", 4444))
        sock.sendto(b"out", ("10.8.0.2", 5555))
        packet = b""
        while not packet.endswith(b"out"):
            assert select.select([tun], [], [], 5)[0]
            [packet] = tun.read_batch(1)
        assert len(packet) == 20 + 8 + 3
        parsed = IP(packet)
        del parsed.chksum, parsed[UDP].chksum
        assert bytes(parsed) == packet  # the kernel has computed its checksums
    tun.close()
    ip("tuntap", "del", "mine0", "mode", "tun")


@in_private_network
def test_a_device_that_was_deleted_ends_the_process_with_a_line():
    tun = Tun.open(TunOptions(dev="tun"))
    ip("link", "del", "tun0")
    with pytest.raises(SystemFailure, match="read from tun0"):
        tun.read_batch(64)


@pytest.mark.shows("dev-node")
def test_a_missing_device_node_is_one_line_with_the_fix(tmp_path):
    with pytest.raises(SystemFailure) as caught:
        Tun.open(TunOptions(dev_node=str(tmp_path / "none")))
    assert f"Cannot open TUN/TAP dev {tmp_path}/none: No such file" in str(caught.value)
    assert "modprobe tun" in str(caught.value)


def test_a_refused_device_is_one_line_with_the_fix(monkeypatch):
    def refuse(*_):
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr("fcntl.ioctl", refuse)
    with pytest.raises(SystemFailure, match="run as root or with CAP_NET_ADMIN"):
        Tun.open(TunOptions(dev_node="/dev/null"))
