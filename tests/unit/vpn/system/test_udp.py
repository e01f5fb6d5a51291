"""The UDP link, between real sockets on loopback."""

from __future__ import annotations

import errno
import select
import socket
from collections import Counter

import pytest

from tests.unit.vpn.system.incoming import flat
from tests.unit.vpn.system.private_network import in_private_network
from vpn.config.options import LinkOptions
from vpn.errors import Drop
from vpn.events import Address
from vpn.system.link import LinkClosed, address_from
from vpn.system.udp import MAX_KNOWN, UdpLink

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


@pytest.fixture(params=list(LOOPBACK), ids=["ipv4", "ipv6"])
def pair(request):
    """Two links, and the address of each."""
    host = LOOPBACK[request.param]
    links = [open_link(request.param, host) for _ in range(2)]
    yield [(link, address_from(link.socket.getsockname())) for link in links]
    for link in links:
        link.close()


def open_link(family=socket.AF_INET, host="127.0.0.1", *, is_server=True):
    return UdpLink.open(family, LinkOptions(), Counter(), local=(host, 0), is_server=is_server)


def wait(link):
    assert select.select([link], [], [], 5)[0]


def test_a_batch_arrives_with_its_sender(pair):
    (one, one_address), (two, two_address) = pair
    one.send_batch(two_address, [b"a", b"", b"ccc"])
    wait(two)
    assert flat(two.recv_batch(64)) == [
        (b"a", one_address),
        (b"", one_address),
        (b"ccc", one_address),
    ]
    assert two.recv_batch(64) == []


def test_a_batch_is_bounded(pair):
    (one, _), (two, two_address) = pair
    one.send_batch(two_address, [b"x"] * 70)
    wait(two)
    assert len(flat(two.recv_batch(64))) == 64
    assert len(flat(two.recv_batch(64))) == 6


def test_a_refused_datagram_is_logged_and_the_link_goes_on(caplog):
    link, gone = open_link(), open_link()
    address = address_from(gone.socket.getsockname())
    gone.close()
    link.send_batch(address, [b"x"])
    wait(link)
    assert link.recv_batch(64) == []
    text = f"read UDPv4 [ECONNREFUSED]: Connection refused (fd={link.fileno()},code=111)"
    assert caplog.messages == [text]
    assert not select.select([link], [], [], 0)[0]  # nothing is left that would keep it readable
    assert link.changes() == []
    link.close()


def test_remotes_that_come_and_go_do_not_fill_the_memory():
    link = open_link()
    for port in range(MAX_KNOWN + 10):
        link._learn(("192.0.2.1", port))
    assert len(link._incoming) <= MAX_KNOWN
    link.close()


@in_private_network
def test_a_network_out_of_reach_ends_a_clients_attempt():
    drops = Counter()
    link = UdpLink.open(socket.AF_INET, LinkOptions(), drops, local=None, is_server=False)
    remote = Address("192.0.2.1", 1194)
    link.send_batch(remote, [b"x", b"y"])
    assert link.changes() == [LinkClosed(remote, "network-unreachable")]
    assert link.changes() == []
    assert drops == Counter()
    server = open_link(host="0.0.0.0")
    server.send_batch(remote, [b"x"])
    assert server.changes() == []


def test_what_the_socket_cannot_take_is_dropped_and_counted(pair):
    (one, _), (_, two_address) = pair

    class Full:
        def sendto(self, *_):
            raise BlockingIOError(errno.EAGAIN, "full")

        sendmsg = sendto

        def fileno(self):
            return -1

    full = UdpLink(one.socket, Counter(), is_server=True)
    full.socket = Full()
    full.send_batch(two_address, [b"x", b"y"])
    assert full._drops == Counter({Drop.BLOCKED: 2})
