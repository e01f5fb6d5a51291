"""What is refused of a peer's certificate, and how the log names it."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vpn.config.options import TlsOptions
from vpn.control.certificate import NO_CRL, CertificateCheck, common_name, error_text, subject_text
from vpn.trace import PeerLog

LOG = PeerLog(logging.getLogger("vpn.test"))
KEY = ec.generate_private_key(ec.SECP256R1())
KEY_USAGE = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
SERVER, CLIENT = ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH
EXPIRED = 10
PARTS = (
    (NameOID.COUNTRY_NAME, "KG"),
    (NameOID.STATE_OR_PROVINCE_NAME, "NA"),
    (NameOID.COMMON_NAME, "Test-Server"),
    (NameOID.EMAIL_ADDRESS, "me@example.net"),
)


def certificate(*usages, has_key_usage=True, parts=PARTS, key=KEY) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(oid, value) for oid, value in parts])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(77)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
    )
    if has_key_usage:
        builder = builder.add_extension(KEY_USAGE, critical=True)
    if usages:
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
    return builder.sign(key, SHA256())


def problem(subject: x509.Certificate, *, error=0, depth=0, ok=True, **tls: object) -> str:
    return CertificateCheck(TlsOptions(**tls)).check(subject, error, depth, ok, LOG)


@pytest.mark.parametrize(
    ("usages", "has_key_usage", "wanted", "words"),
    [
        ((SERVER,), True, "server", ""),
        ((CLIENT,), True, "client", ""),
        ((CLIENT, SERVER), True, "server", ""),
        ((CLIENT,), True, "server", "not for TLS Web Server Authentication"),
        ((SERVER,), True, "client", "not for TLS Web Client Authentication"),
        ((), True, "server", "not for TLS Web Server Authentication"),
        ((SERVER,), False, "server", "no key usage"),
        ((), False, None, ""),
    ],
)
def test_remote_cert_tls_wants_both_usages(usages, has_key_usage, wanted, words):
    subject = certificate(*usages, has_key_usage=has_key_usage)
    found = problem(subject, remote_cert_tls=wanted)
    assert found == (f"certificate refused: {words}" if words else "")


def test_only_the_peers_own_certificate_is_checked_for_use_and_name():
    authority = certificate(has_key_usage=False)
    rules = {"remote_cert_tls": "server", "verify_x509_name": ("Other", "name")}
    assert problem(authority, depth=1, **rules) == ""
    assert problem(authority, depth=0, **rules) != ""


@pytest.mark.parametrize(
    ("name", "kind", "fits"),
    [
        ("Test-Server", "name", True),
        ("Test", "name", False),
        ("test-server", "name", False),
        ("Test-", "name-prefix", True),
        ("Server", "name-prefix", False),
        ("C=KG, ST=NA, CN=Test-Server, emailAddress=me@example.net", "subject", True),
        ("CN=Test-Server", "subject", False),
    ],
)
def test_verify_x509_name(name, kind, fits):
    found = problem(certificate(), verify_x509_name=(name, kind))
    assert (found == "") is fits


def test_failure_of_the_chain_is_in_the_log_in_the_stock_words(lines):
    assert problem(certificate(), error=EXPIRED, ok=False) == (
        "certificate refused: certificate has expired"
    )
    assert lines.messages == [
        "VERIFY ERROR: depth=0, error=certificate has expired: "
        "C=KG, ST=NA, CN=Test-Server, emailAddress=me@example.net, serial=77"
    ]


def test_authority_without_a_revocation_list_is_a_warning_and_other_checks_stay(lines):
    rules = {"verify_x509_name": ("Other", "name")}
    assert problem(certificate(), error=NO_CRL, ok=False, depth=1, **rules) == ""
    assert lines.messages[0].startswith("VERIFY WARNING: depth=1, unable to get certificate CRL")
    assert problem(certificate(), error=NO_CRL, ok=True, **rules) != ""


def test_last_common_name_counts_and_unprintable_bytes_become_underscores():
    parts = ((NameOID.COMMON_NAME, "first"), (NameOID.COMMON_NAME, "a\nb\x7fc"))
    assert common_name(certificate(parts=parts)) == "a_b_c"
    assert subject_text(certificate(parts=parts)) == "CN=first, CN=a_b_c"
    nameless = certificate(parts=((NameOID.ORGANIZATION_NAME, "x"),))
    assert common_name(nameless) == ""
    assert subject_text(nameless) == "O=x"


def test_keys_are_described_for_the_log():
    text = CertificateCheck.describe(certificate())
    assert text == "256 bits ECprime256v1, signature: ecdsa-with-SHA256"
    text = CertificateCheck.describe(certificate(key=rsa.generate_private_key(65537, 2048)))
    assert text == "2048 bits RSA, signature: sha256WithRSAEncryption"


def test_openssls_words_for_an_error():
    assert error_text(EXPIRED) == "certificate has expired"
    assert error_text(23) == "certificate revoked"


def test_a_peer_needs_a_name(lines):
    nameless = certificate(CLIENT, parts=PARTS[:2])
    assert problem(nameless) == "certificate refused: no usable CN"
    assert "VERIFY ERROR: could not extract CN from X509 subject string ('C=KG, ST=NA')" in (
        lines.text
    )
    assert problem(nameless, depth=1) == ""  # an authority needs none
