"""What a server's log says of a packet that it does not answer."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from labs.explain.keys import refused
from labs.explain.path import Probe
from labs.explain.watch import Watch

LAB = SimpleNamespace(server=SimpleNamespace(name="server", program="openvpn", process=None))
FROM = "from [AF_INET]203.0.113.2:40113"
HMAC = "Authenticate/Decrypt packet error: packet HMAC authentication failed"


def asked(*server_said, received=(), turned=None):
    return Probe(
        None,
        "udp",
        "192.0.2.1",
        1194,
        5000,
        (b"first",),
        received,
        "",
        Watch(),
        turned,
        server_said,
    )


@pytest.mark.parametrize(
    ("cause", "line"),
    [
        ("wrong-ta-key", HMAC),
        ("missing-ta-key", f"TLS Error: cannot locate HMAC in incoming packet {FROM}"),
        ("wrong-tls-crypt-key", "tls-crypt unwrap error: packet authentication failed"),
        ("missing-tls-crypt-key", "tls-crypt unwrap error: packet too short"),
    ],
)
def test_a_line_of_the_server(cause, line):
    found = refused(LAB, asked("2026-01-01 00:00:00 something else", line))
    assert found.cause == cause
    assert line in found.evidence[0]


def test_the_key_is_right_and_its_direction_wrong():
    found = refused(LAB, asked(HMAC, turned=1))
    assert (found.cause, found.fix) == ("wrong-ta-direction", "the client's direction must be 1")


def test_a_server_that_answers_or_says_nothing():
    assert refused(LAB, asked(HMAC, received=(b"answer",))) is None
    assert refused(LAB, asked()) is None
