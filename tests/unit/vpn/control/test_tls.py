"""Certificates: what is refused at the start, and what of the peer's."""

from __future__ import annotations

import logging
import time
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from OpenSSL import crypto

from tests.sim.credentials import authority, credentials
from vpn.config.options import Options, Secret, TlsOptions
from vpn.control.tls import TlsContext, TlsEngine
from vpn.errors import ConfigError, TlsError
from vpn.trace import PeerLog

LOG = PeerLog(logging.getLogger("vpn.test"))
DAY = 86400
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
    assert str(client).startswith("TLSv1.3, cipher TLSv1.3 TLS_")
    assert "256 bits ECprime256v1" in str(client)


@pytest.mark.parametrize("version", ["1.2", "1.3"])
def test_version_can_be_pinned(version):
    client, _ = shake_hands(context("client", tls_version_max=version), context("server"))
    assert str(client).startswith(f"TLSv{version}")


@pytest.mark.shows("verify-x509-name")
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


@cache
def revocation_list(ca: str, *revoked: bytes) -> bytes:
    key, certificate = authority(ca)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now - timedelta(hours=1))
        .next_update(now + timedelta(days=1))
    )
    for pem in revoked:
        entry = x509.RevokedCertificateBuilder().revocation_date(now - timedelta(minutes=1))
        serial = x509.load_pem_x509_certificate(pem).serial_number
        builder = builder.add_revoked_certificate(entry.serial_number(serial).build())
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def test_revoked_certificate_is_refused_and_others_are_not():
    lists = revocation_list("Test-CA", CLIENT["cert"])
    with pytest.raises(TlsError, match="certificate refused: certificate revoked"):
        shake_hands(context("client"), context("server", crl_verify=lists))
    shake_hands(context("client"), context("server", crl_verify=revocation_list("Test-CA")))


def test_every_list_of_the_file_counts():
    lists = revocation_list("Other-CA") + revocation_list("Test-CA", CLIENT["cert"])
    with pytest.raises(TlsError, match="certificate revoked"):
        shake_hands(context("client"), context("server", crl_verify=lists))


def test_list_of_another_authority_leaves_the_other_checks_in_force(lines):
    lists = revocation_list("Other-CA")
    shake_hands(context("client"), context("server", crl_verify=lists))
    assert "VERIFY WARNING: depth=0, unable to get certificate CRL" in lines.text
    strict = context("server", crl_verify=lists, verify_x509_name=("Nobody", "name"))
    with pytest.raises(TlsError, match="must be Nobody"):
        shake_hands(context("client"), strict)


def test_expired_certificate_of_the_peer_is_refused():
    late = credentials("Late-Server", "server", days=-1)
    own = {"cert": late["cert"], "key": late["key"]}
    options = Options(tls=TlsOptions(**{**SERVER, **own}))
    server = TlsContext(options, time.time() - 2 * DAY, is_server=True)  # its clock is behind
    with pytest.raises(TlsError, match="certificate refused: certificate has expired"):
        shake_hands(context("client"), server)


def test_own_certificate_that_has_expired_is_one_clear_line():
    late = credentials("Late-Server", "server", days=-1)
    with pytest.raises(ConfigError, match='cert: the certificate "CN=Late-Server" expired on'):
        context("server", cert=late["cert"], key=late["key"])


def test_own_certificate_of_tomorrow_is_a_warning(lines):
    TlsContext(Options(tls=TlsOptions(**CLIENT)), time.time() - 90 * DAY, is_server=False)
    assert 'Your certificate "CN=Test-Client" is not yet valid' in lines.text


def test_certificate_that_cannot_be_read_is_refused(lines):
    """OpenSSL takes an X.509 version that does not exist; what reads it next may not fall over."""
    server = TlsEngine(context("server"), LOG)
    der = x509.load_pem_x509_certificate(CLIENT["cert"]).public_bytes(Encoding.DER)
    bent = der.replace(bytes.fromhex("a003020102"), bytes.fromhex("a003020105"), 1)
    raw = crypto.load_certificate(crypto.FILETYPE_ASN1, bent)
    assert server._verify(server._connection, raw, 0, 0, 1) is False
    assert "VERIFY ERROR: depth=0, cannot be read: 5 is not a valid X509 version" in lines.text


def test_client_without_a_certificate_is_refused_unless_that_is_allowed():
    bare = {"cert": None, "key": None}
    with pytest.raises(TlsError, match="peer did not return a certificate"):
        shake_hands(context("client", **bare), context("server"))
    for rule in ("optional", "none"):
        server = context("server", verify_client_cert=rule)
        _, end = shake_hands(context("client", **bare), server)
        assert (end.is_established, end.common_name) == (True, "")


def test_garbage_ends_the_handshake_with_an_error_of_ours():
    server = TlsEngine(context("server"), LOG)
    server.feed(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(TlsError):
        server.advance()
