"""Whom a peer's certificate is checked against: fingerprints, lists of revoked ones, scripts."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from tests.sim.credentials import authority
from tests.unit.vpn.control.ends import CLIENT, SERVER, context, shake_hands
from vpn.config.certificate_arguments import Fingerprint, RevocationSource
from vpn.errors import TlsError
from vpn.hooks import NullHooks

OWN = x509.load_pem_x509_certificate(CLIENT["cert"])
SERVERS = x509.load_pem_x509_certificate(SERVER["cert"])
THIS = Fingerprint(SERVERS.fingerprint(SHA256()), "SHA256")
OTHER = Fingerprint(bytes(32), "SHA256")


def crl(*serials: int) -> bytes:
    key, certificate = authority("Test-CA")
    now = datetime.now(UTC)
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(certificate.subject)
        .last_update(now)
        .next_update(now + timedelta(days=1))
    )
    for serial in serials:
        revoked = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(now)
        builder = builder.add_revoked_certificate(revoked.build())
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


class Answers(NullHooks):
    """Hooks with answers, and what they were asked."""

    def __init__(self, may=True, revoked=(), lists=()) -> None:
        self.may, self.revoked, self.lists = may, revoked, list(lists)
        self.asked, self.keys = [], []

    def tls_verify(self, depth, subject, environment, pem):
        self.asked.append((depth, subject, environment()))
        return self.may

    def is_revoked(self, serial):
        return serial in self.revoked

    def revocations(self):
        return self.lists.pop(0) if self.lists else None

    def log_key(self, line):
        self.keys.append(line)


def test_a_fingerprint_is_enough_without_any_authority():
    client = context("client", ca=None, peer_fingerprints=(OTHER, THIS))
    assert shake_hands(client, context("server"))[0].is_established


@pytest.mark.parametrize("ca", [None, CLIENT["ca"]], ids=["alone", "beside ca"])
def test_another_fingerprint_is_refused(ca):
    with pytest.raises(TlsError, match="fingerprint"):
        shake_hands(context("client", ca=ca, peer_fingerprints=(OTHER,)), context("server"))


@pytest.mark.shows("verify-hash")
def test_the_fingerprint_of_the_authority():
    digest = Fingerprint(authority("Test-CA")[1].fingerprint(SHA1()), "SHA1")
    client = context("client", verify_hashes=(digest,))
    assert shake_hands(client, context("server"))[0].is_established
    with pytest.raises(TlsError, match="fingerprint"):
        shake_hands(context("client", verify_hashes=(OTHER,)), context("server"))


def test_a_list_that_has_changed_counts_from_the_next_handshake(caplog):
    hooks = Answers(lists=[None, crl(OWN.serial_number), b"half writt"])
    server = context("server", hooks, crl_verify=crl())
    assert shake_hands(context("client"), server)[1].is_established
    for _ in range(2):  # a list that can't be read changes nothing
        with pytest.raises(TlsError, match="certificate revoked"):
            shake_hands(context("client"), server)
    assert "CRL: cannot read CRL from file" in caplog.text


def test_a_directory_of_serial_numbers():
    source = RevocationSource("revoked", True)
    hooks = Answers(revoked=[OWN.serial_number])
    with pytest.raises(TlsError, match="certificate revoked"):
        shake_hands(context("client"), context("server", hooks, revocations=source))
    server = context("server", Answers(), revocations=source)
    assert shake_hands(context("client"), server)[1].is_established


@pytest.mark.shows("tls-verify")
@pytest.mark.parametrize("may", [True, False])
def test_a_script_is_asked_about_the_whole_chain(may):
    hooks = Answers(may)
    server = context("server", hooks)
    if not may:
        with pytest.raises(TlsError, match="tls-verify"):
            shake_hands(context("client"), server)
        assert [depth for depth, *_ in hooks.asked] == [1]
        return
    shake_hands(context("client"), server)
    assert [asked[:2] for asked in hooks.asked] == [(1, "CN=Test-CA"), (0, "CN=Test-Client")]
    environment = hooks.asked[1][2]
    assert environment["tls_serial_0"] == str(OWN.serial_number)
    assert environment["tls_digest_sha256_0"] == OWN.fingerprint(SHA256()).hex(":")
    assert environment["X509_0_CN"] == "Test-Client"


@pytest.mark.shows("capath")
def test_a_directory_of_authorities(tmp_path):
    (tmp_path / "ca.pem").write_bytes(CLIENT["ca"])
    client = context("client", ca=None, capath=str(tmp_path))
    with pytest.raises(TlsError):
        shake_hands(client, context("server"))
    subprocess.run(["openssl", "rehash", tmp_path], check=True)
    client = context("client", ca=None, capath=str(tmp_path))
    assert shake_hands(client, context("server"))[0].is_established


def test_secrets_of_a_session_are_logged_when_asked_for(caplog):
    hooks = Answers()
    shake_hands(context("client"), context("server", hooks, key_log="keys.log"))
    assert {line.split()[0] for line in hooks.keys} >= {
        "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0",
    }  # fmt: skip
    assert "WARNING: key-log is on" in caplog.text
