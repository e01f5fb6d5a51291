"""Endings that a tunnel brings about itself."""

from __future__ import annotations

import pytest

from vpn.config.options import LinkOptions
from vpn.tunnel.lifetime import INACTIVE, SESSION_TIMEOUT, Lifetime, patience, silence


def begun(**link: object) -> Lifetime:
    lifetime = Lifetime()
    lifetime.begin(LinkOptions(**link), 100.0)
    return lifetime


def test_without_limits_there_is_no_end():
    for lifetime in (Lifetime(), begun(), begun(inactive=(0, 0))):
        lifetime.passed(9, 100.0)
        assert lifetime.next_deadline() is None
        assert lifetime.ending(1e9) is None


def test_session_timeout_takes_no_account_of_traffic():
    lifetime = begun(session_timeout=60)
    lifetime.passed(10**6, 159.0)
    assert lifetime.next_deadline() == 160.0
    assert (lifetime.ending(159.9), lifetime.ending(160.0)) == (None, SESSION_TIMEOUT)


def test_any_packet_is_activity_unless_a_number_of_bytes_is_asked_for():
    lifetime = begun(inactive=(60, 0))
    lifetime.passed(1, 150.0)
    assert lifetime.next_deadline() == 210.0
    lifetime = begun(inactive=(60, 1000))
    lifetime.passed(600, 130.0)
    assert lifetime.next_deadline() == 160.0
    lifetime.passed(400, 150.0)
    assert lifetime.next_deadline() == 210.0
    lifetime.passed(999, 200.0)
    assert (lifetime.ending(209.9), lifetime.ending(210.0)) == (None, INACTIVE)


@pytest.mark.parametrize(
    ("link", "seconds", "words", "is_final"),
    [
        ({"ping_restart": 60}, 60, "(--ping-restart), restarting", False),
        ({"ping_exit": 30}, 30, "(--ping-exit), exiting", True),
    ],
)
def test_silence(link, seconds, words, is_final):
    options = LinkOptions(**link)
    ending = silence(options, "Test-Server")
    assert patience(options) == seconds
    assert ending.words == f"[Test-Server] Inactivity timeout {words}"
    assert ending.is_final is is_final
