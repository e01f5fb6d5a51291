"""Validity, keys, and what stands in a certificate."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from vpn.pki import certificates
from vpn.pki.certificates import BACKDATE, Validity
from vpn.pki.store import PkiError


def test_validity_starts_a_little_earlier():
    before = datetime.now(UTC)
    validity = Validity.of(10, None)
    assert before - BACKDATE <= validity.start <= datetime.now(UTC) - BACKDATE
    assert validity.end - validity.start == timedelta(days=10)


def test_a_time_without_a_zone_is_utc():
    assert Validity.of(1, datetime(2030, 1, 1)).start == datetime(2030, 1, 1, tzinfo=UTC)


def test_a_key_is_read_as_it_was_written():
    key = certificates.new_key("ec")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    assert isinstance(key.curve, ec.SECP256R1)
    again = certificates.load_key(certificates.key_pem(key))
    assert again.public_key() == key.public_key()


def test_keys_of_other_kinds_are_refused():
    other = ed25519.Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with pytest.raises(PkiError, match="neither EC nor RSA"):
        certificates.load_key(other)
    with pytest.raises(PkiError, match="can't be read"):
        certificates.load_key(b"x")
