"""A peer's name from other fields than CN."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from vpn.config.options import TlsOptions
from vpn.control.certificate import CertificateCheck
from vpn.control.username import value


def certificate() -> x509.Certificate:
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
    parts = ((NameOID.COMMON_NAME, "Alice"), (NameOID.EMAIL_ADDRESS, "alice@example.net"))
    name = x509.Name([x509.NameAttribute(oid, text) for oid, text in parts])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(0x1234)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.RFC822Name("a@example.org")]), False)
        .sign(key, SHA256())
    )


@pytest.mark.shows("x509-username-field")
@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("CN", "Alice"),
        ("emailAddress", "alice@example.net"),
        ("ext:subjectAltName", "a@example.org"),
        ("ext:issuerAltName", ""),
        ("serialNumber", "0x1234"),
        ("OU", ""),
        ("nonsense", ""),
    ],
)
def test_fields(field, expected):
    assert value(certificate(), field) == expected


def test_several_are_joined():
    check = CertificateCheck(TlsOptions(username_fields=("CN", "serialNumber")))
    assert check.common_name(certificate()) == "Alice_0x1234"
