"""User name and password over a client's life."""

from __future__ import annotations

import pytest

from vpn.config.options import ClientOptions
from vpn.config.values import Secret, StaticChallenge
from vpn.events import Challenge, CredentialsWanted
from vpn.tunnel.credentials import Credentials

QUESTION = StaticChallenge("PIN", True)


def known(given: bytes | None = b"user\nword\n", **options: object) -> Credentials:
    secret = None if given is None else Secret(given)
    return Credentials(ClientOptions(auth_user_pass=secret, **options))


def test_without_the_directive_there_are_none():
    credentials = known(None)
    assert credentials.for_key_exchange() == ("", "")
    assert not credentials.is_missing


def test_what_is_given_is_sent():
    assert known().for_key_exchange() == ("user", "word")
    assert known(b"user\r\nword\r\nmore").for_key_exchange() == ("user", "word")
    assert not known().is_missing


@pytest.mark.parametrize("given", [b"", b"user\n"])
def test_what_is_missing_is_known(given):
    credentials = known(given)
    assert credentials.is_missing
    credentials.set("user", "word")
    assert credentials.for_key_exchange() == ("user", "word")


@pytest.mark.shows("static-challenge")
@pytest.mark.parametrize(
    ("is_concatenated", "sent"), [(False, "SCRV1:d29yZA==:MTI="), (True, "word12")]
)
def test_the_answer_to_a_static_challenge_goes_along(is_concatenated, sent):
    question = QUESTION._replace(is_concatenated=is_concatenated)
    credentials = known(b"user\nword\n12", static_challenge=question)
    assert credentials.for_key_exchange() == ("user", sent)
    assert credentials.challenge == Challenge("PIN", True)


@pytest.mark.shows("auth-token", "auth-token-user")
def test_a_token_takes_the_passwords_place():
    credentials = known()
    credentials.take_token(None, None)
    assert credentials.for_key_exchange() == ("user", "word")
    credentials.take_token(Secret(b"SESS_ID_AT_1"), None)
    assert credentials.for_key_exchange() == ("user", "SESS_ID_AT_1")
    credentials.take_token(Secret(b"SESS_ID_AT_2"), "b3RoZXI=")
    assert credentials.for_key_exchange() == ("other", "SESS_ID_AT_2")
    credentials.take_token(Secret(b"SESS_ID_AT_3"), "%")
    assert credentials.for_key_exchange() == ("user", "SESS_ID_AT_3")


def test_what_must_not_stay_is_sent_once():
    credentials = known(auth_nocache=True)
    assert credentials.for_key_exchange() == ("user", "word")
    assert credentials.is_missing
    for expected in (CredentialsWanted("user", None), None):  # asked once
        assert credentials.for_key_exchange() is None
        assert credentials.take_question() == expected
    credentials.set("user", "again")
    assert credentials.for_key_exchange() == ("user", "again")
    credentials.take_token(Secret(b"SESS_ID_AT_1"), None)
    assert credentials.for_key_exchange() == ("user", "SESS_ID_AT_1")


def test_a_refused_token_gives_way_to_the_password_once():
    credentials = known()
    credentials.take_token(Secret(b"SESS_ID_AT_1"), None)
    assert credentials.refused("SESSION: token expired")
    assert credentials.for_key_exchange() == ("user", "word")
    assert not credentials.refused("")


@pytest.mark.parametrize(
    ("retry", "goes_on", "is_missing"),
    [("none", False, False), ("nointeract", True, False), ("interact", True, True)],
)
def test_what_follows_a_refusal(retry, goes_on, is_missing):
    credentials = known(auth_retry=retry)
    assert credentials.refused("wrong") is goes_on
    assert credentials.is_missing is is_missing


def test_without_a_user_another_attempt_is_of_no_use():
    assert not known(None, auth_retry="interact").refused("")


def test_a_dynamic_challenge_is_answered_in_the_next_attempt():
    credentials = known(auth_retry="interact")
    assert credentials.refused("CRV1:R,E:Om01:dXNlcjI=:Code?")
    assert credentials.challenge == Challenge("Code?", True, True, "Om01", "user2")
    credentials.set("user", "", "42")
    assert credentials.for_key_exchange() == ("user2", "CRV1::Om01::42")
    assert credentials.challenge is None


def test_nothing_secret_shows():
    assert "s3cret" not in repr(vars(known(b"user\ns3cret\n")))
