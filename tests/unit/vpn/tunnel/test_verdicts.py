"""What a server's messages mean for a client."""

from __future__ import annotations

import logging

import pytest

from vpn.config.options import TlsOptions
from vpn.trace import PeerLog
from vpn.tunnel.verdicts import Exit, Refused, Restart, Wait, verdict

LOG = PeerLog(logging.getLogger("vpn.client"))
TEMPORARY = "auth-temp-failure (server temporary reject)"
RESET = "server-pushed-connection-reset"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AUTH_FAILED", Refused("")),
        ("AUTH_FAILED,CRV1:R,E:x:dXNlcg==:text", Refused("CRV1:R,E:x:dXNlcg==:text")),
        ("AUTH_FAILED,SESSION: token expired", Refused("SESSION: token expired")),
        ("AUTH_FAILED,TEMP", Restart(TEMPORARY, True, 0)),
        ("AUTH_FAILED,TEMP:busy", Restart(TEMPORARY, True, 0)),
        ("AUTH_FAILED,TEMP[backoff 42,advance no]:busy", Restart(TEMPORARY, False, 42)),
        ("AUTH_FAILED,TEMP[advance remote,backoff 77]:x", Restart(TEMPORARY, True, 77)),
        ("RESTART", Restart(RESET, False)),
        ("RESTART,[P]text", Restart(RESET, False)),
        ("RESTART,[N]", Restart(RESET, True)),
        ("RESTART,[PN]text", Restart(RESET, True)),
        ("HALT", Exit("server-pushed-halt")),
        ("EXIT", Restart("remote-exit")),
        ("AUTH_PENDING", Wait(60)),
        ("AUTH_PENDING,timeout 90", Wait(90)),
        ("AUTH_PENDING,timeout 99999", Wait(1800)),
        ("AUTH_PENDING,timeout x", Wait(60)),
        ("INFO,text", None),
        ("INFO_PRE,text", None),
        ("ACC,1,2", None),
        ("", None),
        ("AUTH_FAILEDx", None),
    ],
)
def test_verdict(text, expected):
    assert verdict(text, TlsOptions(), LOG) == expected


def test_patience_is_capped_by_half_the_renegotiation_time_or_the_hand_window():
    short = TlsOptions(reneg_sec=100, hand_window=60)
    assert verdict("AUTH_PENDING,timeout 500", short, LOG) == Wait(60)
    assert verdict("AUTH_PENDING,timeout 500", TlsOptions(reneg_sec=600), LOG) == Wait(300)


def test_lines_are_those_of_the_stock_program(lines):
    for text in ("AUTH_FAILED,no", "RESTART,[N]bye", "HALT,later", "AUTH_PENDING,timeout 20"):
        verdict(text, TlsOptions(), LOG)
    assert lines.messages == [
        "AUTH: Received control message: AUTH_FAILED,no",
        "Connection reset command was pushed by server ('bye')",
        "Halt command was pushed by server ('later')",
        "AUTH_PENDING received, extending handshake timeout from 60s to 20s",
    ]
