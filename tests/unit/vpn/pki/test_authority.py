"""Certificates as a peer checks them, and the files of an authority."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID

from vpn.pki.authority import Authority
from vpn.pki.store import PkiError


@pytest.fixture
def authority(tmp_path):
    """A new authority."""
    return Authority.create(tmp_path / "pki", name="Test CA")


def mode(path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def extension(pem, kind):
    return x509.load_pem_x509_certificate(pem).extensions.get_extension_for_class(kind)


def test_private_files_are_for_their_owner_only(authority):
    issued = authority.issue("server", "server")
    assert mode(authority.path / "ca.key") == 0o600
    assert mode(authority.path / "private") == 0o700
    assert mode(issued.key_path) == 0o600
    assert mode(issued.cert_path) == 0o644
    assert issued.key_path.read_bytes() == issued.key_pem
    assert issued.cert_path.read_bytes() == issued.cert_pem
    assert b"PRIVATE" not in repr(issued).encode()
    assert not list(authority.path.rglob("*.new"))


@pytest.mark.parametrize("key_type", ["ec", "rsa"])
def test_usages_are_those_that_the_other_side_asks_for(tmp_path, key_type):
    authority = Authority.create(tmp_path / "pki", key_type=key_type)
    server = authority.issue("server", "server").cert_pem
    client = authority.issue("client", "client").cert_pem
    kind = ec.EllipticCurvePublicKey if key_type == "ec" else rsa.RSAPublicKey
    assert isinstance(x509.load_pem_x509_certificate(server).public_key(), kind)
    usage = extension(server, x509.KeyUsage).value
    assert usage.digital_signature
    assert usage.key_agreement is (key_type == "ec")
    assert usage.key_encipherment is (key_type == "rsa")
    assert extension(client, x509.KeyUsage).value.digital_signature
    for pem, purpose in (
        (server, ExtendedKeyUsageOID.SERVER_AUTH),
        (client, ExtendedKeyUsageOID.CLIENT_AUTH),
    ):
        assert list(extension(pem, x509.ExtendedKeyUsage).value) == [purpose]
        assert extension(pem, x509.BasicConstraints).value.ca is False


def test_certificates_name_their_issuer_and_themselves(authority):
    own = extension(authority.certificate, x509.SubjectKeyIdentifier).value.digest
    pem = authority.issue("server", "server").cert_pem
    assert extension(pem, x509.AuthorityKeyIdentifier).value.key_identifier == own
    assert extension(pem, x509.SubjectKeyIdentifier).value.digest != own
    ca = x509.load_pem_x509_certificate(authority.certificate)
    x509.load_pem_x509_certificate(pem).verify_directly_issued_by(ca)


def test_the_authority_may_sign_but_make_no_authorities(authority):
    limits = extension(authority.certificate, x509.BasicConstraints)
    assert limits.critical
    assert limits.value.ca
    assert limits.value.path_length == 0
    usage = extension(authority.certificate, x509.KeyUsage).value
    assert usage.key_cert_sign
    assert usage.crl_sign


def test_an_authority_is_opened_again(authority):
    again = Authority.open(authority.path)
    assert again.certificate == authority.certificate
    again.issue("alice")
    assert [one.name for one in authority.entries()] == ["alice"]


def test_an_authority_is_never_overwritten(authority):
    with pytest.raises(PkiError, match="already has an authority"):
        Authority.create(authority.path)


def test_a_name_has_one_certificate_at_a_time(authority):
    first = authority.issue("alice")
    with pytest.raises(PkiError, match="alice has a certificate already: revoke it first"):
        authority.issue("alice")
    authority.revoke("alice")
    second = authority.issue("alice")
    assert second.cert_pem != first.cert_pem
    assert [bool(one.revoked) for one in authority.entries()] == [True, False]


def test_what_is_revoked_is_in_the_list(authority):
    alice, bob = authority.issue("alice"), authority.issue("bob")
    authority.revoke("alice")
    crl = x509.load_pem_x509_crl((authority.path / "crl.pem").read_bytes())
    serials = [x509.load_pem_x509_certificate(one.cert_pem).serial_number for one in (alice, bob)]
    assert crl.get_revoked_certificate_by_serial_number(serials[0]) is not None
    assert crl.get_revoked_certificate_by_serial_number(serials[1]) is None
    public = x509.load_pem_x509_certificate(authority.certificate).public_key()
    assert crl.is_signature_valid(public)
    assert authority.crl_expires() == crl.next_update_utc


def test_lists_are_numbered(authority):
    numbers = [
        x509.load_pem_x509_crl(authority.crl()).extensions.get_extension_for_class(x509.CRLNumber)
        for _ in range(2)
    ]
    assert [one.value.crl_number for one in numbers] == [1, 2]


def test_only_what_was_issued_can_be_revoked(authority):
    with pytest.raises(PkiError, match="nobody has no certificate"):
        authority.revoke("nobody")


def test_a_certificate_may_have_its_own_time(authority):
    start = datetime(2020, 1, 1, tzinfo=UTC)
    issued = authority.issue("late", days=30, not_before=start)
    certificate = x509.load_pem_x509_certificate(issued.cert_pem)
    assert certificate.not_valid_before_utc == start
    assert issued.expires == start + timedelta(days=30)


def test_a_certificate_does_not_outlive_its_authority(tmp_path):
    authority = Authority.create(tmp_path / "pki", days=10)
    assert authority.issue("alice", days=825).expires == authority.expires


@pytest.mark.parametrize("name", ["", "a/b", "..", ".hidden", "a" * 65, "a b", "é", "a..b"])
def test_a_name_must_do_as_a_file_name(authority, name):
    with pytest.raises(PkiError, match="can't be a name"):
        authority.issue(name)


def test_wrong_words_are_refused(authority, tmp_path):
    with pytest.raises(PkiError, match="role must be server or client"):
        authority.issue("alice", "admin")
    with pytest.raises(PkiError, match="key type must be ec or rsa"):
        authority.issue("alice", key_type="dsa")
    with pytest.raises(PkiError, match="can't be a common name"):
        Authority.create(tmp_path / "other", name="")
    assert authority.entries() == []


def test_a_directory_without_an_authority_is_named(tmp_path):
    with pytest.raises(PkiError, match=r"cannot read .*ca\.crt: No such file"):
        Authority.open(tmp_path)


def test_a_key_of_another_authority_is_noticed(authority, tmp_path):
    other = Authority.create(tmp_path / "other")
    (authority.path / "ca.key").write_bytes((other.path / "ca.key").read_bytes())
    with pytest.raises(PkiError, match=r"ca\.key does not belong to ca\.crt"):
        Authority.open(authority.path)


@pytest.mark.parametrize("contents", ["x", "{}", '{"entries": [{}], "crl_number": 1}'])
def test_a_damaged_index_is_named(authority, contents):
    (authority.path / "index.json").write_text(contents)
    with pytest.raises(PkiError, match=r"index\.json can't be understood"):
        authority.issue("alice")
