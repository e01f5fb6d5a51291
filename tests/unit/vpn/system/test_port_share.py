"""A port shared with a web server."""

from __future__ import annotations

import contextlib
import select
import socket
from collections import Counter
from threading import Thread

import pytest

from vpn.config.options import LinkOptions, Proto, TunOptions
from vpn.config.values import Local, PortShare
from vpn.system.link import LinkClosed
from vpn.system.links import listen
from vpn.system.port_share import is_ours

HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"  # how a TLS client begins


@pytest.mark.parametrize(
    ("start", "ours"),
    [
        (b"\x00\x0e\x38", True),  # a bare reset
        (b"\x04\x10\x50", True),  # one with a tls-crypt-v2 key
        (b"\x00\x0e", True),
        (b"\x00", True),
        (b"", True),
        (b"\x00\x0e\x20", False),
        (b"\x00\x0d\x38", False),
        (HELLO[:3], False),
        (b"\x16", False),
        (b"GET", False),
        (b"SSH", False),
    ],
)
def test_whose_stream_it_is(start, ours):
    assert is_ours(start) is ours


@pytest.fixture
def web():
    """A server that answers each connection with what it was told, backwards."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve():
        while True:
            try:
                sock, _ = server.accept()
            except OSError:
                return
            with sock:
                data = b""
                while chunk := sock.recv(65536):
                    data += chunk
                sock.sendall(data[::-1])

    thread = Thread(target=serve, daemon=True)
    thread.start()
    yield server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    server.close()
    thread.join(5)


def shared(port, directory=None):
    share = PortShare("127.0.0.1", port, directory)
    options = LinkOptions(locals_=(Local("127.0.0.1", 0, Proto.TCP_SERVER),), port_share=share)
    return listen(options, TunOptions(), Counter())


def carry(link, client, size):
    """Let the link work until the client has so many bytes."""
    client.setblocking(False)
    got = b""
    while len(got) < size:
        readable, _, _ = select.select([link, client], [], [], 5)
        assert readable
        if link in readable:
            assert link.recv_batch(64) == []
        if client in readable:
            got += client.recv(1 << 20)
    return got


def test_a_stranger_is_taken_to_the_web_server(web, tmp_path):
    link = shared(web, str(tmp_path))
    with socket.create_connection(link.local) as client:
        data = HELLO + bytes(range(256)) * 4000
        thread = Thread(target=lambda: (client.sendall(data), client.shutdown(socket.SHUT_WR)))
        while not list(tmp_path.iterdir()):
            if not thread.is_alive() and thread.ident is None:
                thread.start()
            assert select.select([link], [], [], 5)[0]
            link.recv_batch(64)
        [note] = tmp_path.iterdir()
        assert note.name.startswith("[AF_INET]127.0.0.1:")
        assert note.read_text() == f"[AF_INET]127.0.0.1:{client.getsockname()[1]}"
        while thread.is_alive():
            if select.select([link], [], [], 0.05)[0]:
                link.recv_batch(64)
        thread.join()
        assert carry(link, client, len(data)) == data[::-1]
        while list(tmp_path.iterdir()):
            assert select.select([link], [], [], 5)[0]
            link.recv_batch(64)
    opened, closed = link.changes()
    assert closed == LinkClosed(opened.address, "port-share-redirect")
    link.close()


def test_a_web_server_that_is_gone_ends_the_connection(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    link = shared(port)
    with socket.create_connection(link.local) as client:
        client.sendall(HELLO)
        client.setblocking(False)
        while True:
            readable, _, _ = select.select([link, client], [], [], 5)
            assert readable
            link.recv_batch(64)
            if client in readable:
                break
        with contextlib.suppress(ConnectionResetError):
            assert client.recv(1) == b""
    link.close()


def test_a_client_of_ours_stays(web):
    link = shared(web)
    with socket.create_connection(link.local) as client:
        client.sendall(b"\x00\x0e\x38" + bytes(13))
        batch = []
        while not batch:
            assert select.select([link], [], [], 5)[0]
            batch = link.recv_batch(64)
        assert batch[0][1][0] == b"\x38" + bytes(13)
    link.close()
