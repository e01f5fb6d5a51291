"""Trains of datagrams: cut and joined, also by a kernel."""

from __future__ import annotations

import select
import socket
import subprocess
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.vpn.system.incoming import flat
from tests.unit.vpn.system.private_network import in_private_network
from vpn.config.options import LinkOptions
from vpn.errors import Drop
from vpn.system import gso
from vpn.system.link import address_from
from vpn.system.udp import UdpLink

SIZES = st.lists(st.sampled_from([0, 1, 52, 76, 1424, 1500, 9000, 40_000, 65_507]), max_size=200)


@given(SIZES)
def test_a_train_is_what_the_kernel_cuts_into_the_same_datagrams(sizes):
    datagrams = [bytes([number % 256]) * size for number, size in enumerate(sizes)]
    trains = list(gso.trains(datagrams))
    assert [datagram for train in trains for datagram in train] == datagrams
    for train in trains:
        size, joined = len(train[0]), b"".join(train)
        assert 1 <= len(train) <= gso.MAX_SEGMENTS
        assert len(train) == 1 or len(joined) <= gso.MAX_BYTES
        if len(train) > 1:
            assert [joined[at : at + size] for at in range(0, len(joined), size)] == train
            assert gso.cut(joined, [(17, 104, size.to_bytes(4, "little"))]) == train


def test_a_long_run_of_one_size_is_few_trains():
    trains = list(gso.trains([bytes(1424)] * 100 + [bytes(80)] * 100))
    assert [len(train) for train in trains] == [34, 33, 34, 50, 49]


def test_super_packets_that_are_taken_together_leave_as_they_came():
    """Each fits into a train when it is sealed, at any MTU."""
    for mtu in (576, 1400, 1500, 9000):
        count = gso.segments(mtu)
        sealed = [bytes(mtu + gso.SEALING)] * (3 * count)
        assert [len(train) for train in gso.trains(sealed)] == [count] * 3


@pytest.fixture(params=[socket.AF_INET, socket.AF_INET6], ids=["ipv4", "ipv6"])
def links(request):
    """Two links on one host, and the address of the second."""
    host = "::1" if request.param == socket.AF_INET6 else "127.0.0.1"
    both = [
        UdpLink.open(request.param, LinkOptions(), Counter(), local=(host, 0), is_server=True)
        for _ in range(2)
    ]
    yield both[0], both[1], address_from(both[1].socket.getsockname())
    for link in both:
        link.close()


def data(number: int, size: int) -> bytes:
    """A data packet, by its first byte."""
    return (b"\x48" + bytes([number]) * size)[:size]


def calls(link: UdpLink) -> list[str]:
    """The system calls that send, from now on."""
    seen, sock = [], link.socket

    class Watched:
        def sendto(self, *arguments):
            seen.append("sendto")
            return sock.sendto(*arguments)

        def sendmsg(self, *arguments):
            seen.append("sendmsg")
            return sock.sendmsg(*arguments)

        def close(self):
            sock.close()

    link.socket = Watched()
    return seen


def receive(link: UdpLink, count: int) -> list[bytes]:
    found = []
    while len(found) < count:
        assert select.select([link], [], [], 5)[0]
        found += [datagram for datagram, _ in flat(link.recv_batch(64))]
    return found


@pytest.mark.parametrize("sizes", [[1400] * 40 + [20], [76] * 10, [5, 6, 5, 5, 5, 4], [0, 3, 3, 0]])
def test_what_is_sent_in_trains_arrives_as_it_was(links, sizes):
    one, two, address = links
    datagrams = [data(number, size) for number, size in enumerate(sizes)]
    one.send_batch(address, datagrams)
    assert receive(two, len(datagrams)) == datagrams


def test_a_train_reaches_a_socket_that_knows_nothing_of_it(links):
    one, _, _ = links
    with socket.socket(one.socket.family, socket.SOCK_DGRAM) as plain:
        plain.bind((one.socket.getsockname()[0], 0))
        plain.settimeout(5)
        datagrams = [data(number, 100 - number // 9) for number in range(10)]
        one.send_batch(address_from(plain.getsockname()), datagrams)
        assert [plain.recv(200) for _ in range(10)] == datagrams


@in_private_network
def test_datagrams_longer_than_the_way_is_wide_go_one_by_one():
    subprocess.run(["ip", "link", "set", "lo", "mtu", "1500", "up"], check=True)
    drops: Counter[Drop] = Counter()
    one, two = (
        UdpLink.open(socket.AF_INET, LinkOptions(), drops, local=("127.0.0.1", 0), is_server=True)
        for _ in range(2)
    )
    address = address_from(two.socket.getsockname())
    for number in range(2):
        datagrams = [data(number, 3000)] * 4 + [data(number, 5)] * 3
        one.send_batch(address, datagrams)
        assert receive(two, 7) == datagrams
    assert not drops


def test_nothing_is_sent_when_there_is_nothing_to_send(links):
    one, _, address = links
    seen = calls(one)
    one.send_batch(address, [])
    assert seen == []


def test_data_leaves_in_trains_and_control_packets_one_by_one(links):
    one, two, address = links
    seen = calls(one)
    one.send_batch(address, [data(number, 500) for number in range(9)])
    assert seen == ["sendmsg"]
    control = [b"\x20" + bytes([number]) * 499 for number in range(3)]
    one.send_batch(address, control)
    assert seen == ["sendmsg", "sendto", "sendto", "sendto"]
    assert receive(two, 12)[9:] == control
