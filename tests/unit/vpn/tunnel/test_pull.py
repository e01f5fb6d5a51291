"""Pull: when options are asked for, and what is made of the answer."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest

from vpn.config.options import ClientOptions, DataOptions, Options, PullFilter
from vpn.errors import NegotiationError
from vpn.trace import PeerLog
from vpn.tunnel.credentials import Credentials
from vpn.tunnel.pull import Pull

LOG = PeerLog(logging.getLogger("vpn.client"))
REPLY = "PUSH_REPLY,ping 10,ping-restart 60,peer-id 3,cipher AES-256-GCM"


def peer(occ: str = "V4,tls-server") -> SimpleNamespace:
    """What `Pull` sees of a peer: its name, its options string, and a way to send."""
    sent: list[str] = []
    session = SimpleNamespace(
        remote=SimpleNamespace(options_string=occ), send_message=sent.append, sent=sent
    )
    return SimpleNamespace(common_name="Test-Server", session=session)


def pull(**options: object) -> Pull:
    return Pull(Options(**options), Credentials(ClientOptions()), LOG)


def test_first_request_after_one_second_then_every_five():
    one, server = pull(), peer()
    assert one.deadline is None
    one.begin(100)
    one.begin(100.5)  # a second call moves nothing
    times = []
    for tenth in range(1000, 1201):
        before = len(server.session.sent)
        one.handle_deadline(server, tenth / 10)
        if len(server.session.sent) > before:
            times.append(tenth / 10)
    assert times == [101, 106, 111, 116]
    assert set(server.session.sent) == {"PUSH_REQUEST"}


def test_silence_ends_the_attempt_after_the_hand_window():
    one, server = pull(), peer()
    one.begin(0)
    for _ in range(12):  # at 1, 6 … 56 s
        one.handle_deadline(server, one.deadline)
    assert len(server.session.sent) == 12
    with pytest.raises(NegotiationError, match="No reply from server to push requests in 60s") as e:
        one.handle_deadline(server, one.deadline)
    assert e.value.reason == "no-push-reply"
    assert one.deadline is None


def test_patience_can_be_asked_for():
    one, server = pull(), peer()
    one.begin(0)
    one.extend(500, 10)
    one.handle_deadline(server, 400)
    assert server.session.sent == ["PUSH_REQUEST"]


def test_answer_stops_the_requests_and_counts_once():
    one, server = pull(), peer()
    one.begin(0)
    pulled = one.receive(server, REPLY)
    assert (pulled.options.link.ping, pulled.agreement.cipher) == (10, "AES-256-GCM")
    assert pulled.agreement.peer_id == 3
    assert one.deadline is None
    assert one.receive(server, REPLY) is None
    one.begin(1)
    assert one.deadline is None


def test_options_are_merged_when_the_last_part_has_come():
    one, server = pull(), peer()
    assert one.receive(server, "PUSH_REPLY,ping 7,push-continuation 2") is None
    pulled = one.receive(server, "PUSH_REPLY,cipher AES-128-GCM,push-continuation 1")
    assert (pulled.options.link.ping, pulled.agreement.cipher) == (7, "AES-128-GCM")


@pytest.mark.parametrize(
    ("options", "reply"),
    [
        ({"data": DataOptions(data_ciphers=("AES-128-GCM",))}, REPLY),
        ({}, "PUSH_REPLY,cipher BF-CBC"),
        ({}, "PUSH_REPLY,ping 10"),  # no cipher from anywhere
        ({}, "PUSH_REPLY,peer-id x"),
        ({"client": ClientOptions(pull_filters=(PullFilter("reject", "ping"),))}, REPLY),
    ],
)
def test_answer_that_cannot_be_used_ends_the_attempt(options, reply):
    with pytest.raises(NegotiationError, match="OPTIONS ERROR") as caught:
        pull(**options).receive(peer(), reply)
    assert caught.value.reason == "process-push-msg-failed"


def test_server_of_old_tells_its_cipher_in_the_options_string():
    pulled = pull().receive(peer("V4,cipher AES-256-GCM,tls-server"), "PUSH_REPLY,ping 10")
    assert pulled.agreement.cipher == "AES-256-GCM"
