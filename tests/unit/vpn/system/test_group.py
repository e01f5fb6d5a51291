"""Several links of a server as one."""

from __future__ import annotations

import select
import socket
from collections import Counter

import pytest

from tests.unit.vpn.system.incoming import flat
from vpn.config.options import LinkOptions, Proto, TunOptions
from vpn.config.values import Local
from vpn.system.link import LinkOpened
from vpn.system.links import listen


@pytest.fixture
def group():
    places = (
        Local("127.0.0.1", 0, Proto.UDP),
        Local("127.0.0.2", 0, Proto.UDP),
        Local("127.0.0.1", 0, Proto.TCP_SERVER),
    )
    made = listen(LinkOptions(locals_=places), TunOptions(), Counter())
    yield made
    made.close()


def received(group, wanted):
    found = []
    while len(found) < wanted:
        assert select.select([group], [], [], 5)[0]
        found += flat(group.recv_batch(64))
    return found


def test_answers_leave_by_the_socket_that_was_asked(group):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        client.settimeout(5)
        for link in group.links[:2]:
            client.sendto(b"ping", link.socket.getsockname())
            [(datagram, address)] = received(group, 1)
            assert datagram == b"ping"
            group.send_batch(address, [b"pong"])
            assert client.recvfrom(10) == (b"pong", link.socket.getsockname())


def test_the_same_client_at_two_sockets_is_two_addresses(group):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        for link in group.links[:2]:
            client.sendto(b"ping", link.socket.getsockname())
        addresses = [address for _, address in received(group, 2)]
    assert addresses[0][:2] == addresses[1][:2]
    assert addresses[0] != addresses[1]


def test_streams_stand_beside_datagrams(group):
    with socket.create_connection(group.links[2].local) as client:
        assert select.select([group], [], [], 5)[0]
        group.recv_batch(64)
        [change] = group.changes()
        assert isinstance(change, LinkOpened)
        client.sendall(b"\0\4ping")
        [(datagram, address)] = received(group, 1)
        assert (datagram, address) == (b"ping", change.address)
        group.send_batch(address, [b"pong"])
        client.settimeout(5)
        assert client.recv(10) == b"\0\4pong"
        group.close_stream(address)
        assert client.recv(10) == b""
