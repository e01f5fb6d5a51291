"""How a drop shows in the log, and when it ends a stream."""

from __future__ import annotations

import logging

import pytest

from vpn.errors import Drop, PacketError
from vpn.events import Address
from vpn.trace import NullTracer, PeerLog
from vpn.tunnel.drops import DECRYPTION, TLS, log_drop, stream_ending

LOG = PeerLog(logging.getLogger("vpn.server"))
REMOTE = Address("203.0.113.2", 40000)
REPLAY = (
    "%s: bad packet ID (may be a replay): [ %s ] -- see the man page entry for --replay-window "
    "for more info or silence this warning with --mute-replay-warnings"
)


class Recorder:
    enabled = True

    def __init__(self) -> None:
        self.records: list[tuple[str, dict[str, object]]] = []

    def record(self, event, now, **fields):
        self.records.append((event, fields))


def shown(lines, reason: Drop, detail: str, *, mute: bool = False) -> list[str]:
    problem = PacketError(reason, detail)
    log_drop(LOG, problem, REMOTE, mute=mute, tracer=NullTracer(), now=0)
    return lines.messages


@pytest.mark.parametrize(
    ("reason", "detail", "line"),
    [
        (
            Drop.UNWRAP,
            "tls-crypt unwrapping failed",
            "TLS Error: tls-crypt unwrapping failed from [AF_INET]203.0.113.2:40000",
        ),
        (
            Drop.UNKNOWN_OPCODE,
            "op=2",
            "TLS Error: unknown opcode received from [AF_INET]203.0.113.2:40000 op=2",
        ),
        (
            Drop.WRONG_ROLE,
            "op=7",
            "TLS Error: client->client or server->server connection attempted from "
            "[AF_INET]203.0.113.2:40000",
        ),
        (
            Drop.UNKNOWN_KEY,
            "received key id: 3, known key ids: 0",
            "TLS Error: local/remote TLS keys are out of sync: [AF_INET]203.0.113.2:40000 "
            "(received key id: 3, known key ids: 0)",
        ),
        (
            Drop.CONTROL_REPLAY,
            "tls-crypt unwrap error: #3 / time = (99)",
            REPLAY % ("tls-crypt unwrap error", "#3 / time = (99)"),
        ),
        (Drop.REPLAY, "AEAD Decrypt error: #17", REPLAY % ("AEAD Decrypt error", "#17")),
    ],
)
def test_loud_ones_use_the_stock_words(lines, reason, detail, line):
    assert shown(lines, reason, detail) == [line]


def test_cause_stands_before_what_came_of_it(lines):
    problem = PacketError(Drop.UNWRAP, "tls-crypt unwrapping failed", "packet too short")
    log_drop(LOG, problem, REMOTE, mute=False, tracer=NullTracer(), now=0)
    assert lines.messages == [
        "packet too short",
        f"TLS Error: tls-crypt unwrapping failed from {REMOTE}",
    ]


@pytest.mark.shows("mute-replay-warnings")
@pytest.mark.parametrize("reason", [Drop.REPLAY, Drop.CONTROL_REPLAY])
def test_replay_warnings_can_be_muted(lines, reason):
    assert shown(lines, reason, "x: #1", mute=True) == []


@pytest.mark.parametrize("reason", [Drop.AUTH, Drop.MALFORMED, Drop.UNKNOWN_PEER])
def test_the_rest_is_quiet(lines, reason):
    assert shown(lines, reason, "") == []


def test_tracer_hears_of_every_drop():
    tracer = Recorder()
    log_drop(LOG, PacketError(Drop.AUTH), REMOTE, mute=False, tracer=tracer, now=0)
    fields = {"reason": Drop.AUTH.value, "detail": "", "remote": str(REMOTE)}
    assert tracer.records == [("dropped", fields)]


FATAL = {
    Drop.AUTH: DECRYPTION,
    Drop.REPLAY: DECRYPTION,
    **dict.fromkeys((Drop.UNWRAP, Drop.CONTROL_REPLAY, Drop.MALFORMED), TLS),
    **dict.fromkeys((Drop.UNKNOWN_OPCODE, Drop.WRONG_ROLE), TLS),
}


@pytest.mark.parametrize("reason", list(Drop))
def test_what_no_stream_does_by_itself_ends_it_and_nothing_ends_udp(reason):
    stream = REMOTE._replace(connection=1)
    assert stream_ending(PacketError(reason), stream) == FATAL.get(reason)
    assert stream_ending(PacketError(reason), REMOTE) is None
