"""The TCP link, between real sockets on loopback."""

from __future__ import annotations

import select
import socket
from collections import Counter

import pytest

from tests.unit.vpn.system.incoming import flat
from vpn.config.options import LinkOptions
from vpn.errors import Drop
from vpn.system.link import LinkClosed, LinkOpened
from vpn.system.tcp import MAX_QUEUE, TcpLink
from vpn.wire.opcodes import Opcode, first_byte
from vpn.wire.stream import frame

LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}
MAX_LENGTH = 1768
DATA = bytes([first_byte(Opcode.P_DATA_V2, 0)]) + bytes(1400)
CONTROL = bytes([first_byte(Opcode.P_CONTROL_V1, 0)]) + bytes(100)


def listen(family=socket.AF_INET, drops=None, **options):
    return TcpLink.listen(
        family,
        LinkOptions(**options),
        Counter() if drops is None else drops,
        local=(LOOPBACK[family], 0),
        max_length=MAX_LENGTH,
    )


def connect(server, family=socket.AF_INET, drops=None):
    return TcpLink.connect(
        family,
        server.local,
        LinkOptions(),
        Counter() if drops is None else drops,
        local=None,
        max_length=MAX_LENGTH,
    )


def pump(link, wanted):
    """Give the link its turns until it has this many datagrams or changes."""
    datagrams, changes = [], []
    while len(datagrams) + len(changes) < wanted:
        assert select.select([link], [], [], 5)[0], (datagrams, changes)
        datagrams += flat(link.recv_batch(64))
        changes += link.changes()
    return datagrams, changes


@pytest.fixture(params=list(LOOPBACK), ids=["ipv4", "ipv6"])
def pair(request):
    """A server and a client, connected, and the address each has for the other."""
    server = listen(request.param)
    client = connect(server, request.param)
    _, [to_server] = pump(client, 1)
    _, [to_client] = pump(server, 1)
    assert isinstance(to_server, LinkOpened)
    assert isinstance(to_client, LinkOpened)
    yield server, client, to_server.address, to_client.address
    client.close()
    server.close()


def test_streams_have_numbers(pair):
    server, _, to_server, to_client = pair
    assert to_server[:2] == server.local
    assert to_server.connection
    assert to_client.connection


def test_datagrams_keep_their_borders(pair):
    server, client, to_server, to_client = pair
    client.send_batch(to_server, [b"a", b"bb" * 500, b"c"])
    assert pump(server, 3)[0] == [(b"a", to_client), (b"bb" * 500, to_client), (b"c", to_client)]
    server.send_batch(to_client, [b"back"])
    assert pump(client, 1)[0] == [(b"back", to_server)]


def test_a_byte_at_a_time_is_no_different():
    server = listen()
    raw = socket.create_connection(server.local)
    pump(server, 1)
    for byte in frame([b"hello"]):
        raw.send(bytes([byte]))
    assert [datagram for datagram, _ in pump(server, 1)[0]] == [b"hello"]
    raw.close()
    server.close()


@pytest.mark.parametrize(("sent", "length"), [(b"GET / HTTP/1.0\r\n\r\n", 18245), (b"\0\0", 0)])
def test_bad_framing_closes_the_stream_with_the_stock_line(caplog, sent, length):
    drops = Counter()
    server = listen(drops=drops)
    with socket.create_connection(server.local) as raw:
        pump(server, 1)
        raw.sendall(sent)
        _, [change] = pump(server, 1)
        raw.settimeout(5)
        assert raw.recv(1) == b""
    assert isinstance(change, LinkClosed)
    assert change.reason == "connection-reset"
    assert drops == Counter({Drop.MALFORMED: 1})
    assert (
        f"WARNING: Bad encapsulated packet length from peer ({length}), which must be > 0 and "
        f"<= {MAX_LENGTH}" in caplog.text
    )
    server.close()


def test_a_full_queue_drops_data_and_keeps_control(pair):
    server, client, to_server, to_client = pair
    sent = 0
    while not server._drops[Drop.BLOCKED]:  # nobody reads on the other side
        server.send_batch(to_client, [DATA] * 16)
        sent += 16
        assert sent < 100_000
    dropped = server._drops[Drop.BLOCKED]
    server.send_batch(to_client, [DATA, CONTROL, DATA])
    assert server._drops[Drop.BLOCKED] == dropped + 2
    assert not server.is_busy  # one slow client is no reason to stop reading the tun
    received = []
    while len(received) < sent - dropped + 1:
        assert select.select([client, server], [], [], 5)[0]
        received += flat(client.recv_batch(64))
        server.recv_batch(64)
    assert received[-1] == (CONTROL, to_server)
    assert {datagram for datagram, _ in received[:-1]} == {DATA}


@pytest.mark.shows("tcp-queue-limit")
def test_tcp_queue_limit_says_when_a_queue_is_full():
    server = listen(tcp_queue_limit=3, sndbuf=4096)
    client = connect(server)
    pump(client, 1)
    _, [to_client] = pump(server, 1)
    queue = server._by_address[to_client.address].queue
    while not server._drops[Drop.BLOCKED]:
        server.send_batch(to_client.address, [DATA])
    assert 2 * MAX_LENGTH < len(queue) < 4 * MAX_LENGTH
    client.close()
    server.close()


def test_a_client_with_a_full_queue_is_busy_until_it_drains(pair):
    server, client, to_server, _ = pair
    while not client.is_busy:
        client.send_batch(to_server, [DATA] * 16)
    while client.is_busy:
        select.select([client, server], [], [], 5)
        server.recv_batch(64)
        client.recv_batch(64)
    assert not client._drops


def test_a_closed_stream_sends_what_is_queued_first(pair):
    server, client, to_server, to_client = pair
    sent = 0
    while len(server._by_address[to_client].queue) < MAX_QUEUE // 2:
        server.send_batch(to_client, [DATA] * 8)
        sent += 8
    server.close_stream(to_client)
    received, changes = [], []
    while not changes:
        assert select.select([client, server], [], [], 5)[0]
        received += flat(client.recv_batch(64))
        changes += client.changes()
        server.recv_batch(64)
    assert len(received) == sent
    assert changes == [LinkClosed(to_server, "connection-reset")]
    assert server.changes() == []  # we closed it ourselves


def test_the_other_end_closing_is_told(pair):
    server, client, to_server, to_client = pair
    client.close_stream(to_server)
    assert pump(server, 1)[1] == [LinkClosed(to_client, "connection-reset")]
    server.send_batch(to_client, [b"late"])  # nobody there: not an error


def test_a_refused_connect_is_told(caplog):
    server = listen()
    port = server.local[1]
    server.close()
    link = TcpLink.connect(
        socket.AF_INET, ("127.0.0.1", port), LinkOptions(), Counter(),
        local=None, max_length=MAX_LENGTH,
    )  # fmt: skip
    changes = link.changes() or pump(link, 1)[1]
    assert changes[0].reason == "connection-failed"
    caplog.set_level(0)
    link.close()


def test_many_clients_at_once():
    server = listen()
    clients = [connect(server) for _ in range(30)]
    opened = []
    for client in clients:
        opened += pump(client, 1)[1]
    pump(server, 30)
    for client, change in zip(clients, opened, strict=True):
        client.send_batch(change.address, [b"hello"])
    datagrams, _ = pump(server, 30)
    assert len({address for _, address in datagrams}) == 30
    for client in clients:
        client.close()
    server.close()
