"""Control-channel messages."""

from __future__ import annotations

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
