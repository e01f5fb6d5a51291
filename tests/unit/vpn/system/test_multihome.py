"""Answers leave from the address that was asked, whichever of a host's it is."""

from __future__ import annotations

import select
import socket
from collections import Counter

import pytest

from tests.unit.vpn.system.incoming import flat
from vpn.config.options import LinkOptions, Proto, TunOptions
from vpn.config.values import Local
from vpn.system.links import listen


def opened(proto):
    options = LinkOptions(locals_=(Local(None, 0, proto),), multihome=True)
    return listen(options, TunOptions(), Counter())


def asks(link, family, host):
    """The address that the answer to a question asked at `host` comes from."""
    port = link.socket.getsockname()[1]
    with socket.socket(family, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.sendto(b"ping", (host, port))
        assert select.select([link], [], [], 5)[0]
        [(datagram, address)] = flat(link.recv_batch(64))
        assert datagram == b"ping"
        link.send_batch(address, [b"pong"])
        answer, source = client.recvfrom(10)
        assert answer == b"pong"
        return source[0]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.53", "127.8.9.10"])
@pytest.mark.parametrize("proto", [Proto.UDP4, Proto.UDP6])
def test_ipv4_also_at_a_dual_stack_socket(proto, host):
    link = opened(proto)
    assert asks(link, socket.AF_INET, host) == host
    link.close()


def test_ipv6():
    link = opened(Proto.UDP6)
    assert asks(link, socket.AF_INET6, "::1") == "::1"
    link.close()


def test_without_it_the_kernel_picks():
    options = LinkOptions(locals_=(Local(None, 0, Proto.UDP4),))
    link = listen(options, TunOptions(), Counter())
    assert asks(link, socket.AF_INET, "127.0.0.53") == "127.0.0.1"
    link.close()


def test_the_same_client_at_two_addresses_is_two_addresses():
    link = opened(Proto.UDP4)
    port = link.socket.getsockname()[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.bind(("127.0.0.1", 0))
        seen = set()
        for host in ("127.0.0.2", "127.0.0.3", "127.0.0.2"):
            client.sendto(b"ping", (host, port))
            assert select.select([link], [], [], 5)[0]
            seen |= {address for address, _ in link.recv_batch(64)}
    assert len(seen) == 2
    link.close()
