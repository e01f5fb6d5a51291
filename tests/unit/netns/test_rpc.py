"""Requests to a holder, and what its answers become."""

from __future__ import annotations

import threading

import pytest

from netns import rpc
from netns.errors import NetnsError


@pytest.fixture
def ends():
    ours, theirs = rpc.new_pair()
    with ours, theirs:
        yield ours, theirs


def answer(theirs, reply):
    """Be a holder that takes one request."""
    asked = []

    def serve():
        asked.append(rpc.receive(theirs))
        rpc.send(theirs, reply)

    thread = threading.Thread(target=serve)
    thread.start()
    return thread, asked


def test_a_call_returns_the_value(ends):
    thread, asked = answer(ends[1], {"value": [1, "two"]})
    assert rpc.SocketCaller(ends[0], "demo").call("add_node", name="client") == [1, "two"]
    thread.join()
    assert asked == [{"do": "add_node", "name": "client"}]


def test_a_refusal_is_raised_with_its_reason(ends):
    thread, _ = answer(ends[1], {"what": "add node x", "error": "no room", "fix": "make room"})
    with pytest.raises(NetnsError, match=r"^add node x: no room \(make room\)$"):
        rpc.SocketCaller(ends[0], "demo").call("add_node", name="x")
    thread.join()


def test_a_holder_that_is_gone_is_named(ends):
    ends[1].close()
    with pytest.raises(NetnsError, match="sandbox demo is gone"):
        rpc.SocketCaller(ends[0], "demo").call("nodes")


def test_a_socket_may_stand_deeper_than_an_address_is_long(tmp_path):
    place = tmp_path.joinpath(*["a-directory-with-a-long-name"] * 5)
    place.mkdir(parents=True)
    with rpc.listen(place / "holder.sock") as listener:
        with rpc.connect(place / "holder.sock") as connection:
            accepted, _ = listener.accept()
            with accepted:
                rpc.send(connection, {"do": "nodes"})
                assert rpc.receive(accepted) == {"do": "nodes"}
        assert (place / "holder.sock").stat().st_mode & 0o777 == 0o600
