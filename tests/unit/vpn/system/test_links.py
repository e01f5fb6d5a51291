"""Opening links, and the lines that are printed on the way."""

from __future__ import annotations

import logging
import re
import select
import socket
from collections import Counter

import pytest

from tests.unit.vpn.system.incoming import flat
from vpn.config.options import Connection, LinkOptions, Options, Proto, TunOptions
from vpn.config.values import Local
from vpn.errors import SystemFailure
from vpn.events import Address
from vpn.system.link import LinkOpened
from vpn.system.links import ClientLinks, listen


@pytest.fixture(autouse=True)
def lines(caplog):
    """The milestone lines."""
    caplog.set_level(logging.INFO, "vpn.link")
    return caplog


def opened(options, connection):
    links = ClientLinks(options, TunOptions(), Counter())
    links.open(connection, 100.0)
    [link] = links.take()
    return links, link


@pytest.mark.parametrize(("host", "family"), [("127.0.0.1", "AF_INET"), ("::1", "AF_INET6")])
def test_a_udp_client(lines, host, family):
    links, link = opened(LinkOptions(nobind=True), Connection(host, 4711, Proto.UDP))
    assert links.is_open
    assert links.remote == Address(host, 4711)
    version = "v6" if ":" in host else "v4"
    text = [line for line in lines.messages if "Buffers" not in line]
    assert text == [
        f"TCP/UDP: Preserving recently used remote address: [{family}]{host}:4711",
        f"UDP{version} link local: (not bound)",
        f"UDP{version} link remote: [{family}]{host}:4711",
    ]
    link.close()


def test_a_udp_client_binds_unless_told_not_to(lines):
    options = LinkOptions(lport=0, locals_=(Local("127.0.0.1"),))
    _, link = opened(options, Connection("127.0.0.1", 4711, Proto.UDP))
    assert "UDPv4 link local (bound): [AF_INET]127.0.0.1:0" in lines.messages
    assert link.socket.getsockname()[0] == "127.0.0.1"
    link.close()


def test_a_tcp_client(lines):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        options = LinkOptions(connect_timeout=7)
        links, link = opened(options, Connection("127.0.0.1", port, Proto.TCP_CLIENT))
        assert not links.is_open
        assert links.deadline == 107.0
        assert select.select([link], [], [], 5)[0]
        link.recv_batch(64)
        [change] = link.changes()
        assert isinstance(change, LinkOpened)
        links.stream_opened()
        assert links.is_open
        assert links.deadline is None
        link.close()
    assert [line for line in lines.messages if "Buffers" not in line] == [
        f"TCP/UDP: Preserving recently used remote address: [AF_INET]127.0.0.1:{port}",
        f"Attempting to establish TCP connection with [AF_INET]127.0.0.1:{port}",
        f"TCP connection established with [AF_INET]127.0.0.1:{port}",
        "TCPv4_CLIENT link local: (not bound)",
        f"TCPv4_CLIENT link remote: [AF_INET]127.0.0.1:{port}",
    ]


def test_a_name_without_an_address(lines):
    links = ClientLinks(LinkOptions(), TunOptions(), Counter())
    links.open(Connection("a" * 80 + ".invalid", 1194, Proto.UDP), 0.0)
    assert select.select([links], [], [], 10)[0]
    assert links.take() == [Address("a" * 80 + ".invalid", 1194)]
    assert lines.messages[0].startswith("RESOLVE: Cannot resolve host address: aaa")
    assert lines.messages[1] == "Could not determine IPv4/IPv6 protocol"


def test_an_answer_that_is_no_longer_wanted_opens_nothing():
    links = ClientLinks(LinkOptions(), TunOptions(), Counter())
    links.open(Connection("localhost", 1194, Proto.UDP4), 0.0)
    links.forget()
    assert select.select([links], [], [], 10)[0]
    assert links.take() == []


def test_addresses_of_a_name_come_in_turn_until_one_works():
    options = LinkOptions(nobind=True)
    connection = Connection("localhost", 1194, Proto.UDP)
    links = ClientLinks(options, TunOptions(), Counter())
    used = []
    for turn in range(3):
        links.open(connection, 0.0, turn)
        assert select.select([links], [], [], 10)[0]
        [link] = links.take()
        used.append(links.remote)
        link.close()
    assert len(set(used[: links.addresses])) == links.addresses
    assert used[links.addresses :] == used[: 3 - links.addresses]


@pytest.mark.shows("persist-remote-ip")
def test_persist_remote_ip_keeps_the_address_that_worked():
    options = LinkOptions(nobind=True, persist_remote_ip=True)
    connection = Connection("localhost", 1194, Proto.UDP4)
    links = ClientLinks(options, TunOptions(), Counter())
    links.open(connection, 0.0)
    assert select.select([links], [], [], 10)[0]
    links.take()[0].close()
    links.succeeded()
    links.open(connection, 0.0)
    [link] = links.take()  # without another look-up
    assert links.remote == Address("127.0.0.1", 1194)
    link.close()


@pytest.mark.shows("preresolve")
def test_preresolve_asks_for_all_names_at_once(monkeypatch):
    remotes = tuple(Connection(host, 1194, Proto.UDP4) for host in ("localhost", "127.0.0.1"))
    options = LinkOptions(nobind=True, preresolve=True, connections=remotes)
    links = ClientLinks(options, TunOptions(), Counter())
    monkeypatch.setattr("vpn.system.resolve.look_up", None)  # nobody is asked any more
    for connection in remotes:
        links.open(connection, 0.0)
        [link] = links.take()
        assert links.remote == Address("127.0.0.1", 1194)
        link.close()


@pytest.mark.shows("persist-local-ip")
def test_persist_local_ip_keeps_the_address_that_was_found(lines, monkeypatch):
    options = LinkOptions(lport=0, locals_=(Local("localhost"),), persist_local_ip=True)
    links = ClientLinks(options, TunOptions(), Counter())
    for _ in range(2):
        links.open(Connection("127.0.0.1", 4711, Proto.UDP), 0.0)
        [link] = links.take()
        assert link.socket.getsockname()[0] == "127.0.0.1"
        link.close()
        monkeypatch.setattr("vpn.system.links._local_host", None)


@pytest.mark.shows("remote-random-hostname")
def test_remote_random_hostname_puts_a_random_label_before_the_name(lines):
    options = LinkOptions(nobind=True, remote_random_hostname=True)
    links = ClientLinks(options, TunOptions(), Counter())
    links.open(Connection("host.invalid", 1194, Proto.UDP), 0.0)
    assert select.select([links], [], [], 10)[0]
    [failed] = links.take()
    assert re.fullmatch(r"[0-9a-f]{12}\.host\.invalid", failed.host)


def test_resolv_retry_gives_up_at_last():
    links = ClientLinks(LinkOptions(resolv_retry=5), TunOptions(), Counter())
    connection = Connection("a" * 80 + ".invalid", 1194, Proto.UDP)
    links.open(connection, 100.0)
    assert select.select([links], [], [], 10)[0]
    assert links.take() == [Address(connection.host, 1194)]
    links.open(connection, 105.0)
    assert select.select([links], [], [], 10)[0]
    with pytest.raises(SystemFailure, match=r"^RESOLVE: Cannot resolve host address: aaa"):
        links.take()


def test_a_block_brings_its_own_options(lines):
    common = LinkOptions(nobind=True)
    own = Options(link=LinkOptions(lport=0, locals_=(Local("127.0.0.1"),)))
    _, link = opened(common, Connection("127.0.0.1", 4711, Proto.UDP, own))
    assert "UDPv4 link local (bound): [AF_INET]127.0.0.1:0" in lines.messages
    link.close()


def test_without_a_remote_an_end_waits_for_datagrams(lines):
    options = LinkOptions(lport=0, locals_=(Local("127.0.0.1"),))
    links, link = opened(options, Connection("", 1194, Proto.UDP))
    assert (links.is_listening, links.is_open, links.remote) == (True, False, None)
    assert "UDPv4 link remote: [AF_UNSPEC]" in lines.messages
    link.close()


def test_one_stream_is_enough_for_an_end_that_waits():
    options = LinkOptions(lport=0, locals_=(Local("127.0.0.1"),))
    links, link = opened(options, Connection("", 1194, Proto.TCP_SERVER))
    first, second = (Address("127.0.0.9", 4711, number) for number in (1, 2))
    assert links.accepts(first)
    links.stream_opened()
    assert links.remote == first
    assert not links.accepts(second)
    link.close()


@pytest.mark.parametrize(("may_float", "host"), [(False, "127.0.0.2"), (True, None)])
def test_the_stream_has_to_come_from_the_remote(may_float, host):
    options = LinkOptions(lport=0, locals_=(Local("127.0.0.1"),), float_=may_float)
    links, link = opened(options, Connection("127.0.0.2", 1194, Proto.TCP_SERVER))
    assert links.accepts(Address("127.0.0.3", 4711, 1)) is may_float
    if host is not None:
        assert links.accepts(Address(host, 4711, 1))
    link.close()


def test_a_server_with_several_locals_is_a_group():
    places = (Local("127.0.0.1", 0, Proto.UDP), Local("::1", 0, Proto.TCP_SERVER))
    group = listen(LinkOptions(locals_=places), TunOptions(), Counter())
    assert [link.name for link in group.links] == ["UDPv4", "TCPv6_SERVER"]
    group.close()


def test_what_a_server_pushes_about_the_socket_is_taken(lines):
    links, link = opened(LinkOptions(nobind=True), Connection("127.0.0.1", 4711, Proto.UDP))
    links.adjust(link, LinkOptions(nobind=True, ping=5))
    before = link.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)
    links.adjust(link, LinkOptions(rcvbuf=before // 4))
    assert link.socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) == before // 2
    link.close()


@pytest.mark.parametrize(
    ("proto", "local", "expected"),
    [
        (Proto.UDP, None, "UDPv4 link local (bound): [AF_INET][undef]:0"),
        (Proto.UDP6, None, "UDPv6 link local (bound): [AF_INET6][undef]:0"),
        (Proto.UDP, "::1", "UDPv6 link local (bound): [AF_INET6]::1:0"),
        (Proto.TCP_SERVER, None, "TCPv4_SERVER link local (bound): [AF_INET][undef]:0"),
        (Proto.TCP6_SERVER, None, "TCPv6_SERVER link local (bound): [AF_INET6][undef]:0"),
    ],
)
def test_a_server(lines, proto, local, expected):
    options = LinkOptions(locals_=(Local(local, 0, proto),))
    link = listen(options, TunOptions(), Counter())
    assert expected in lines.messages
    assert lines.messages[-1].endswith("link remote: [AF_UNSPEC]")
    link.close()


@pytest.mark.shows("bind")
def test_udp6_serves_ipv4_too_unless_told_not_to():
    both = listen(LinkOptions(proto=Proto.UDP6, lport=0), TunOptions(), Counter())
    port = both.socket.getsockname()[1]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.sendto(b"x", ("127.0.0.1", port))
        assert select.select([both], [], [], 5)[0]
        [(datagram, address)] = flat(both.recv_batch(64))
        assert (datagram, address.host) == (b"x", "::ffff:127.0.0.1")
        both.send_batch(address, [b"y"])
        client.settimeout(5)
        assert client.recv(10) == b"y"
    both.close()
    options = LinkOptions(proto=Proto.UDP6, lport=0, bind_ipv6only=True)
    only = listen(options, TunOptions(), Counter())
    assert only.socket.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) == 1
    only.close()


@pytest.mark.parametrize("proto", [Proto.UDP, Proto.TCP_SERVER])
def test_a_busy_port_is_one_line(proto):
    kind = socket.SOCK_STREAM if proto.is_tcp else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as taken:
        taken.bind(("", 0))
        if proto.is_tcp:
            taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SystemFailure, match=rf"bind failed .*:{port}: Address already in use"):
            listen(LinkOptions(proto=proto, lport=port), TunOptions(), Counter())
