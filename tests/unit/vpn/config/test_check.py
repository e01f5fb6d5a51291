"""What can't work together is found at the start."""

from __future__ import annotations

import pytest

from tests.unit.vpn.config.configs import CLIENT, SERVER, client, configured, server
from vpn.config.options import Proto
from vpn.errors import ConfigError

STATIC = "remote vpn.example\nsecret static.key 1\nifconfig 10.9.0.1 10.9.0.2\n"
ALLOWED = "cipher AES-256-CBC\nallow-deprecated-insecure-static-crypto\n"


def without(text: str, *names: str) -> str:
    lines = [line for line in text.splitlines() if line.split()[0] not in names]
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (without(CLIENT, "remote"), "test.conf: a client needs a remote"),
        (without(CLIENT, "ca"), "test.conf: ca is missing"),
        (without(CLIENT, "key"), "test.conf:5: cert: needs key beside it"),
        (without(CLIENT, "cert"), "test.conf:5: key: needs cert beside it"),
        (without(CLIENT, "cert", "key"), "test.conf: a client needs cert and key, or auth-user"),
        (without(SERVER, "cert", "key"), "test.conf: a server needs cert and key"),
        (without(CLIENT, "client"), "test.conf: neither client, server, tls-"),
        (f"pull\n{without(CLIENT, 'client')}", "test.conf: pull needs tls-client"),
        (f"mode server\n{without(SERVER, 'server')}", "test.conf: mode server needs tls-server"),
        (CLIENT + "tls-server", "test.conf: tls-client and tls-server can't stand together"),
        (CLIENT + "tls-auth a\ntls-crypt b", "test.conf:7: tls-auth: can't stand beside tls-crypt"),
        (CLIENT + "tls-version-max 1.1", "test.conf:7: tls-version-max: 1.1 is below"),
        (CLIENT + "push x", "test.conf:7: push: is for a server"),
        (CLIENT + "duplicate-cn", "test.conf:7: duplicate-cn: is for a server"),
        (CLIENT + "proto tcp-server", "test.conf:7: proto: tcp-server is for a server"),
        (CLIENT + "proto-force tcp", "test.conf:7: proto-force: leaves no remote"),
        (CLIENT + "bind\nnobind", "test.conf:7: bind: can't stand beside nobind"),
        (
            CLIENT + "proto tcp\nfragment 1300",
            "test.conf:8: fragment: can only be used with",
        ),
        (
            SERVER + "proto tcp\nfragment 1300",
            "test.conf:6: fragment: can only be used with",
        ),
        (
            CLIENT + "comp-lzo\nallow-compression no",
            "test.conf:8: allow-compression: no conflicts with test.conf:7: comp-lzo",
        ),
        (STATIC, "test.conf:2: secret: static keys are insecure and will go"),
        (STATIC + ALLOWED + "cipher AES-256-GCM", "test.conf:6: cipher: AES-256-GCM can't be used"),
        (STATIC + ALLOWED + "tls-client", "test.conf:2: secret: can't stand beside tls-client"),
        (CLIENT + "secret static.key", "test.conf:7: secret: can't stand beside tls-client"),
        (SERVER + "remote x", "test.conf:5: remote: can't be used by a server"),
        (SERVER + "nobind", "test.conf:5: nobind: can't be used by a server"),
        (SERVER + "route-nopull", "test.conf:5: route-nopull: can't be used by a server"),
        (SERVER + "proto tcp-client", "test.conf:5: proto: tcp-client is for a client"),
        (SERVER + "proto tcp\nconnect-freq 1 9", "test.conf:6: connect-freq: works with UDP only"),
        (SERVER + "verify-client-cert none", "test.conf:5: verify-client-cert: without cert"),
        (SERVER + "verify-client-cert optional", "test.conf:5: verify-client-cert: without cert"),
    ],
)
def test_a_configuration_that_can_not_work_is_refused(text, message):
    with pytest.raises(ConfigError) as caught:
        configured(text)
    assert str(caught.value).startswith(message)


def test_ends_that_are_equals_are_taken():
    static = configured(STATIC + ALLOWED)
    assert static.is_point_to_point
    assert static.tls.static_key == b"static.key"
    assert static.tls.key_direction == 1
    assert not static.warnings
    block = STATIC.replace("secret static.key 1", "<secret>\nX\n</secret>\nkey-direction 1")
    assert configured(block + ALLOWED).tls.static_key == b"X\n"
    over_tls = configured(without(CLIENT, "client") + "tls-client\nifconfig 10.9.0.1 10.9.0.2\n")
    assert over_tls.is_point_to_point


def test_an_end_without_a_remote_waits_for_whoever_comes():
    text = without(SERVER, "server") + "tls-server\nproto tcp-server\nlport 4000\n"
    link = configured(text).link
    assert [(one.host, one.proto) for one in link.connections] == [("", Proto.TCP_SERVER)]
    assert (link.lport, link.nobind) == (4000, False)


def test_a_password_may_stand_for_a_certificate():
    text = without(CLIENT, "cert", "key") + "<auth-user-pass>\nuser\nword\n</auth-user-pass>"
    assert configured(text).client.auth_user_pass == b"user\nword\n"


@pytest.mark.parametrize(
    ("line", "warning"),
    [
        ("explicit-exit-notify\nproto tcp", "test.conf:7: explicit-exit-notify: has no effect"),
        ("user nobody", "test.conf:7: user: without persist-tun"),
        ("data-ciphers-fallback ARIA-256-CBC", "test.conf:7: data-ciphers-fallback: ARIA-256-CBC"),
    ],
)
def test_what_works_badly_is_warned_about(line, warning):
    assert any(text.startswith(f"WARNING: {warning}") for text in client(line).warnings)


def test_a_client_that_trusts_anyone_is_warned():
    options = configured(without(CLIENT, "remote-cert-tls"))
    assert "No server certificate verification method" in options.warnings[0]
    pinned = without(CLIENT, "remote-cert-tls") + f"peer-fingerprint {bytes(32).hex(':')}"
    assert not configured(pinned).warnings
    assert not client().warnings
    assert not server().warnings


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["management-client-auth"], "management-client-auth: needs management beside it"),
        (
            [
                "management-client-auth", "management /run/vpn unix", "script-security 2",
                'auth-user-pass-verify "/bin/true" via-env',
            ],
            "management-client-auth and auth-user-pass-verify can't both decide",
        ),
    ],
)  # fmt: skip
def test_one_judge_says_who_comes_in(lines, problem):
    with pytest.raises(ConfigError, match=problem):
        server("\n".join(lines))
