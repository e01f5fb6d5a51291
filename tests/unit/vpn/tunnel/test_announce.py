"""The lines about a new tunnel: monitors read them, so every character counts."""

from __future__ import annotations

import logging

import pytest

from vpn.config.options import Compression, DataOptions, LinkOptions, Options
from vpn.control.negotiate import Agreement
from vpn.trace import PeerLog
from vpn.tunnel.announce import announce

GCM = "Data Channel: cipher 'AES-256-GCM', peer-id: 0"
FLAGS = "Protocol options: protocol-flags cc-exit tls-ekm"


def said(lines, agreement: Agreement, compression=Compression.NONE, **link: object) -> list[str]:
    options = Options(link=LinkOptions(**link), data=DataOptions(compression=compression))
    announce(PeerLog(logging.getLogger("vpn.client")), options, agreement)
    return lines.messages


MODERN = Agreement("AES-256-GCM", uses_exporter=True, peer_id=0, has_exit_message=True)
OLD = Agreement("AES-128-GCM", uses_exporter=False, peer_id=None, has_exit_message=False)


def test_everything(lines):
    link = {"ping": 10, "ping_restart": 60, "inactive": (1000, 10), "session_timeout": 3000}
    assert said(lines, MODERN, Compression.STUB, explicit_exit_notify=2, **link) == [
        f"{GCM}, compression: 'stub'",
        "Timers: ping 10, ping-restart 60, inactive 1000 10, session-timeout 3000",
        "Protocol options: explicit-exit-notify 2, protocol-flags cc-exit tls-ekm",
    ]


def test_nothing_is_said_of_what_is_not_there(lines):
    assert said(lines, OLD) == ["Data Channel: cipher 'AES-128-GCM'"]


@pytest.mark.parametrize(
    ("link", "timers"),
    [
        ({"ping_restart": 120, "inactive": (3, 0)}, "ping-restart 120, inactive 3"),
        ({"ping": 2, "ping_exit": 100}, "ping 2, ping-exit 100"),
        ({"ping_exit": 3}, "ping-exit 3"),
        ({"inactive": (100, 0), "session_timeout": 3}, "inactive 100, session-timeout 3"),
    ],
)
def test_timers_one_by_one(lines, link, timers):
    assert said(lines, MODERN, **link) == [GCM, f"Timers: {timers}", FLAGS]


def test_a_framing_without_a_byte_has_its_own_name(lines):
    assert said(lines, MODERN, Compression.STUB_V2)[0] == f"{GCM}, compression: 'stubv2'"
