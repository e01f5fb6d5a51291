"""Challenges, as a server writes them and as a client answers them."""

from __future__ import annotations

import pytest

from vpn.events import Challenge
from vpn.tunnel.challenge import dynamic_password, parse_dynamic, static_password


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("CRV1:R,E:Om01:dXNlcg==:Code?", Challenge("Code?", True, True, "Om01", "user")),
        ("CRV1:R:Om01:dXNlcg==:a: b", Challenge("a: b", False, True, "Om01", "user")),
        ("CRV1::Om01::Wait", Challenge("Wait", False, False, "Om01", "")),
    ],
)
def test_a_dynamic_challenge(text, expected):
    assert parse_dynamic(text) == expected


@pytest.mark.parametrize(
    "text", ["", "no", "CRV1:", "CRV1:R:x:dXNlcg==", "CRV1:R:x:%%:q", "crv1:::"]
)
def test_what_is_none(text):
    assert parse_dynamic(text) is None


def test_the_answers():
    challenge = Challenge("Code?", False, True, "Om01", "user")
    assert dynamic_password(challenge, "12") == "CRV1::Om01::12"
    assert static_password("word", "12") == "SCRV1:d29yZA==:MTI="
