"""Control-channel messages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.wire import messages


def test_reading_splits_at_nuls_strips_line_ends_and_refuses_the_unprintable():
    data = b"valid control message\r\n\0\0Invalid\r\none\0valid one again\0"
    texts, refused, unfinished = messages.split(data)
    assert texts == ["valid control message", "", "valid one again"]
    assert refused == [b"Invalid\r\none"]
    assert unfinished == b""


def test_without_a_nul_there_is_no_message():
    assert messages.split(b"no end")[0] == []


def test_short_push_is_one_message():
    assert messages.push_replies(["ping 10"]) == ["PUSH_REPLY,ping 10"]
    assert messages.push_replies([]) == ["PUSH_REPLY"]


@given(st.lists(st.text("abc 123.", min_size=1, max_size=200).map(str.strip).filter(bool)))
def test_long_push_is_cut_and_put_together_again(options):
    replies = messages.push_replies(options)
    assert all(len(reply) < 1024 for reply in replies)
    assembler = messages.PushAssembler()
    results = [assembler.feed(reply) for reply in replies]
    assert results[:-1] == [None] * (len(replies) - 1)
    assert results[-1] == options


def test_continuations_end_with_two_and_one():
    replies = messages.push_replies([f"route 10.{n}.0.0 255.255.0.0" for n in range(100)])
    assert len(replies) > 1
    assert all(reply.endswith(",push-continuation 2") for reply in replies[:-1])
    assert replies[-1].endswith(",push-continuation 1")


def test_temporary_failure_carries_its_flags():
    read = messages.auth_failure("AUTH_FAILED,TEMP[backoff 42,advance no]:later")
    assert (read.is_temporary, read.backoff, read.advance, read.text) == (True, 42, "no", "later")
    read = messages.auth_failure("AUTH_FAILED,TEMP[advance remote,backoff 77]:go round and round")
    assert (read.backoff, read.advance) == (77, "remote")
    read = messages.auth_failure("AUTH_FAILED,TEMP:There are no flags here [really not]")
    assert (read.backoff, read.text) == (None, "There are no flags here [really not]")
    assert messages.auth_failure("AUTH_FAILED").is_temporary is False


def test_restart_flags_and_pending_timeout():
    assert messages.restart_flags("RESTART,[N]text") == ("N", "text")
    assert messages.restart_flags("RESTART") == ("", "")
    assert messages.pending_timeout("AUTH_PENDING,timeout 20") == 20
    assert messages.pending_timeout("AUTH_PENDING") is None


def test_reply_that_just_fits_is_not_cut():
    fill = messages.MAX_PUSH_MESSAGE - len("PUSH_REPLY,")
    assert len(messages.push_replies(["x" * fill])) == 1
    assert len(messages.push_replies(["x" * (fill - 2), "y"])) == 1
    assert len(messages.push_replies(["x" * (fill - 1), "y"])) == 2


def test_spaces_after_commas_and_empty_options_are_passed_over():
    assert messages.PushAssembler().feed("PUSH_REPLY, ping 10,,  route 10.0.0.0 ") == [
        "ping 10",
        "route 10.0.0.0",
    ]


def test_options_of_one_reply_do_not_leak_into_the_next():
    assembler = messages.PushAssembler()
    assert assembler.feed("PUSH_REPLY,a,push-continuation 2") is None
    assert assembler.feed("PUSH_REPLY,b,push-continuation 1") == ["a", "b"]
    assert assembler.feed("PUSH_REPLY,c") == ["c"]
    assert assembler.feed("PUSH_REPLY") == []


@pytest.mark.parametrize("number", ["²", "", "-1", "9" * 5000])
def test_numbers_that_are_none_are_left_out(number):
    assert messages.auth_failure(f"AUTH_FAILED,TEMP[backoff {number}]:x").backoff is None
    assert messages.pending_timeout(f"AUTH_PENDING,timeout {number}") is None


def test_session_and_challenge_are_plain_failures():
    assert messages.auth_failure("AUTH_FAILED,SESSION: token expired").text == (
        "SESSION: token expired"
    )
    read = messages.auth_failure("AUTH_FAILED,CRV1:R,E:x:dXNlcg==:TEMP[backoff 5]")
    assert not read.is_temporary
    assert not messages.auth_failure("AUTH_FAILED,TEMPORARY failure").is_temporary


def test_one_write_is_text_and_a_nul():
    assert messages.serialize("PUSH_REQUEST") == b"PUSH_REQUEST\0"


@given(st.binary(max_size=100))
def test_any_plaintext_is_split_without_loss_of_nuls(data):
    texts, refused, unfinished = messages.split(data)
    assert len(texts) + len(refused) == data.count(b"\0")
    assert data.endswith(unfinished)


def test_a_push_without_end_does_not_fill_the_memory():
    assembler = messages.PushAssembler()
    endless = "PUSH_REPLY" + ",ping 1" * 5000 + ",push-continuation 2"
    assert [assembler.feed(endless) for _ in range(10)] == [None] * 10
    assert len(assembler.feed("PUSH_REPLY,push-continuation 1")) == messages.MAX_OPTIONS
