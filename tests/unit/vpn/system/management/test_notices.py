"""Texts of the notifications."""

from __future__ import annotations

import logging

import pytest

from vpn.system.management import notices
from vpn.system.management.notices import State
from vpn.trace import NOTICE

UP = State("CONNECTED", "SUCCESS", "10.8.0.2", ("192.0.2.1", "1194"), tunnel_ipv6="2001:db8::2")


@pytest.mark.parametrize(
    ("state", "line"),
    [
        (State("CONNECTING"), "7,CONNECTING,,,,,,"),
        (State("RECONNECTING", "ping-restart"), "7,RECONNECTING,ping-restart,,,,,"),
        (UP, "7,CONNECTED,SUCCESS,10.8.0.2,192.0.2.1,1194,,,2001:db8::2"),
    ],
)
def test_a_state(state, line):
    assert state.line(7.9) == line


@pytest.mark.parametrize(
    ("level", "flags"),
    [(logging.ERROR, "N"), (logging.WARNING, "W"), (NOTICE, "I"), (logging.INFO, ""), (10, "D")],
)
def test_a_log_line(level, flags):
    said = {"levelno": level, "msg": "a %s", "args": ("b\nc",), "created": 7.5}
    assert notices.log_line(logging.makeLogRecord(said)) == f"7,{flags},a b_c"


def test_a_client_with_its_environment():
    assert notices.client("CONNECT", (0, 1), {"common_name": "a\r\n>FATAL:b"}) == [
        ">CLIENT:CONNECT,0,1",
        ">CLIENT:ENV,common_name=a__>FATAL:b",
        ">CLIENT:ENV,END",
    ]


def test_the_tun_came():
    lines = [">UPDOWN:UP", ">UPDOWN:ENV,dev=tun0", ">UPDOWN:ENV,END"]
    assert notices.up_down("UP", {"dev": "tun0"}) == lines


def test_questions_and_refusals():
    need = ">PASSWORD:Need 'Auth' username/password"
    assert notices.need_credentials("", shows_answer=False, is_static=False) == need
    asked = notices.need_credentials("PIN", shows_answer=True, is_static=True)
    assert asked == f"{need} SC:1,PIN"
    failed = ">PASSWORD:Verification Failed: 'Auth'"
    assert notices.verification_failed("") == failed
    assert notices.verification_failed("CRV1:R:s:dQ==:x") == f"{failed} ['CRV1:R:s:dQ==:x']"
