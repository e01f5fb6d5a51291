"""Certificates: what is refused at the start, and what of the peer's."""

from __future__ import annotations

import logging
import time

import pytest

from tests.sim.credentials import credentials
from vpn.config.options import Options, Secret, TlsOptions
from vpn.control.certificate import error_text
from vpn.control.tls import TlsContext, TlsEngine
from vpn.errors import ConfigError, TlsError
from vpn.trace import PeerLog

LOG = PeerLog(logging.getLogger("vpn.test"))
CLIENT, SERVER = credentials("Test-Client", "client"), credentials("Test-Server", "server")


def context(role: str, **tls: object) -> TlsContext:
    own = SERVER if role == "server" else CLIENT
    options = Options(tls=TlsOptions(**{**own, **tls}))
    return TlsContext(options, time.time(), is_server=role == "server")


def shake_hands(client: TlsContext, server: TlsContext) -> tuple[TlsEngine, TlsEngine]:
    ends = TlsEngine(client, LOG), TlsEngine(server, LOG)
    for _ in range(4):
        for sender, receiver in (ends, ends[::-1]):
            sender.advance()
            while data := sender.take(1000):
                receiver.feed(data)
    return ends


def test_handshake_export_and_plaintext():
    client, server = shake_hands(context("client"), context("server"))
    assert client.is_established
    assert server.is_established
    assert client.export(b"label", 32) == server.export(b"label", 32)
    client.write(b"hello")
    server.feed(client.take(1000))
    assert server.read() == b"hello"
    assert server.read() == b""
    assert client.describe().startswith("TLSv1.3, cipher TLSv1.3 TLS_")
    assert "256 bits ECprime256v1" in client.describe()


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_version_can_be_pinned(version):
    client, _ = shake_hands(context("client", tls_version_max=version), context("server"))
    assert client.describe().startswith(f"TLSv{version}")


@pytest.mark.parametrize(
    ("name", "kind", "fits"),
    [
        ("Test-Server", "name", True),
        ("Test-", "name-prefix", True),
        ("CN=Test-Server", "subject", True),
        ("Other", "name", False),
        ("Server", "name-prefix", False),
        ("Test-Server", "subject", False),
    ],
)
def test_verify_x509_name(name, kind, fits):
    client = context("client", verify_x509_name=(name, kind))
    if fits:
        shake_hands(client, context("server"))
        return
    with pytest.raises(TlsError, match="must be"):
        shake_hands(client, context("server"))


def test_remote_cert_tls_takes_a_server_only():
    shake_hands(context("client", remote_cert_tls="server"), context("server"))
    with pytest.raises(TlsError):
        shake_hands(context("client", remote_cert_tls="client"), context("server"))


def test_certificate_of_another_authority_is_refused():
    other = credentials("Test-Server", "server", ca="Other-CA")
    server = context("server", cert=other["cert"], key=other["key"])
    with pytest.raises(TlsError, match="certificate refused: unable to get local issuer"):
        shake_hands(context("client"), server)


@pytest.mark.parametrize(
    ("tls", "words"),
    [
        ({"key": SERVER["key"]}, "key: the private key does not match the certificate"),
        ({"key": Secret(b"nonsense")}, "key: cannot load the private key"),
        ({"cert": b"nonsense"}, "cert: no PEM certificate"),
        ({"ca": b"nonsense"}, "ca: no PEM certificate"),
        ({"crl_verify": b"nonsense"}, "crl-verify: no PEM revocation list"),
        ({"tls_cipher": "NO-SUCH"}, "tls-cipher: no usable cipher suite"),
    ],
)
def test_bad_files_are_one_clear_line(tls, words):
    with pytest.raises(ConfigError, match=words):
        context("client", **tls)


def test_openssls_words_for_an_error():
    assert error_text(10) == "certificate has expired"
