"""Sentences of a log that name a cause."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from labs.explain.said import recent, told
from labs.explain.sayings import SAYINGS

# Of either program, where the two say it differently.
LINES = {
    "bad-directive": (
        'Options error: client.conf:13: keepalife: unknown directive (did you mean "keepalive"?)',
        "Options error: Unrecognized option or missing or extra parameter(s) in client.conf:13: x",
    ),
    "key-mismatch": (
        'Options error: key: the private key does not match the certificate "CN=client" of cert',
        "OpenSSL: error:05800074:x509 certificate routines::key values mismatch:",
    ),
    "wrong-ca": (
        "VERIFY ERROR: depth=0, error=unable to get local issuer certificate: CN=server",
        "VERIFY ERROR: depth=1, error=self-signed certificate in certificate chain: CN=CA",
    ),
    "expired-certificate": (
        "192.0.2.1:5000 VERIFY ERROR: depth=0, error=certificate has expired: CN=client, serial=1",
        'Options error: cert: the certificate "CN=client" expired on 2026-10-24; issue a new one',
    ),
    "not-yet-valid-certificate": (
        "VERIFY ERROR: depth=0, error=certificate is not yet valid: CN=server, serial=1",
        "VERIFY ERROR: depth=0, error=certificate is not yet valid or the system clock is "
        "incorrect: CN=server, serial=1",
    ),
    "wrong-usage": ("VERIFY ERROR: depth=0, error=unsuitable certificate purpose: CN=server",),
    "wrong-name": (
        "VERIFY X509NAME ERROR: server, must be another",
        "VERIFY X509NAME ERROR: CN=server, must be another",
    ),
    "revoked-certificate": (
        "192.0.2.1:5000 VERIFY ERROR: depth=0, error=certificate revoked: CN=client, serial=1",
    ),
    "wrong-cipher": (
        "client/192.0.2.1:5000 PUSH: No common cipher between server and client. Server x",
        "AUTH: Received control message: AUTH_FAILED,Data channel cipher negotiation failed (no x)",
    ),
    "wrong-tls-version": (
        "192.0.2.1:5000 OpenSSL: unsupported protocol",
        "192.0.2.1:5000 OpenSSL: error:0A000102:SSL routines::unsupported protocol:",
    ),
    "wrong-password": (
        "192.0.2.1:5000 TLS Auth Error: Auth Username/Password verification failed for peer",
    ),
}
LET_IN = "client/192.0.2.1:5000 SENT CONTROL [client]: 'PUSH_REPLY,route 10.0.0.0 255.0.0.0'"


def end(role, *lines, state="connecting"):
    return SimpleNamespace(
        name=role, role=role, state=state, process=None, last_attempt=lambda: list(lines)
    )


def found_in(*ends):
    """What is told of one client, which may have said nothing."""
    servers = [one for one in ends if one.role == "server"]
    clients = [one for one in ends if one.role == "client"]
    lab = SimpleNamespace(servers=servers, ends=list(ends))
    return told(lab, clients[0] if clients else end("client"))


@pytest.mark.parametrize(
    ("cause", "line"), [(cause, line) for cause, lines in LINES.items() for line in lines]
)
def test_a_line_that_names_its_cause(cause, line):
    saying = next(one for one in SAYINGS if one.cause == cause and re.search(one.line, line))
    found = found_in(end(saying.roles[0], "before", line, "after"))
    assert found.cause == cause
    assert line in found.evidence[0]


def test_every_cause_has_its_line_here():
    assert {one.cause for one in SAYINGS} == set(LINES)


def test_lines_that_name_none():
    assert found_in(end("client", "Initialization Sequence Completed")) is None


def test_the_other_end_is_heard_too():
    refusal, alert = LINES["revoked-certificate"][0], "Received fatal SSL alert: failed"
    found = found_in(end("server", refusal), end("client", alert))
    assert found.evidence == (f"server says: {refusal}", f"client says: {alert}")


def test_what_the_server_said_before_it_let_the_client_in_is_over():
    refusal = LINES["revoked-certificate"][0]
    server = end("server", refusal, LET_IN, "after")
    assert recent(server, end("client")) == ["after"]
    assert found_in(server) is None


def test_what_the_server_says_of_others_while_the_tunnel_stands():
    refusal = LINES["revoked-certificate"][0]
    assert found_in(end("server", refusal, state="up"), end("client", state="up")) is None
