"""The certificates themselves: an authority's, a server's, a client's; and the revocation list.

The usages are those that `remote-cert-tls` asks for on the other side [man: --remote-cert-tls]:

    server   digitalSignature and keyAgreement (EC) or keyEncipherment (RSA), serverAuth
    client   digitalSignature, clientAuth
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from vpn.pki.store import Entry, PkiError

PrivateKey: TypeAlias = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey

RSA_BITS = 2048
BACKDATE = timedelta(minutes=5)  # a peer's clock may be a little behind
ROLES = {
    "server": ExtendedKeyUsageOID.SERVER_AUTH,
    "client": ExtendedKeyUsageOID.CLIENT_AUTH,
}


@dataclass(frozen=True, slots=True)
class Validity:
    """From when to when."""

    start: datetime
    end: datetime

    @classmethod
    def of(cls, days: int, not_before: datetime | None) -> Validity:
        """`days` from `not_before` on, or from (almost) now."""
        start = not_before or datetime.now(UTC) - BACKDATE
        if start.tzinfo is None:
            start = start.replace(tzinfo=UTC)
        return cls(start, start + timedelta(days=days))


def new_key(key_type: str) -> PrivateKey:
    """`ec` (P-256) or `rsa`."""
    if key_type == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    if key_type == "rsa":
        return rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    raise PkiError(f'key type must be ec or rsa, not "{key_type}"')


def key_pem(key: PrivateKey) -> bytes:
    """A private key as PKCS #8, not encrypted."""
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def load_key(pem: bytes) -> PrivateKey:
    """A private key of one of our two types."""
    try:
        key = serialization.load_pem_private_key(pem, None)
    except (ValueError, TypeError) as problem:
        raise PkiError(f"the authority's key can't be read: {problem}") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise PkiError("the authority's key is neither EC nor RSA")
    return key


def cert_pem(certificate: x509.Certificate) -> bytes:
    """A certificate as text."""
    return certificate.public_bytes(serialization.Encoding.PEM)


def common_name(name: str) -> x509.Name:
    """The subject of our certificates is a common name, nothing else."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def authority(name: str, key: PrivateKey, validity: Validity) -> x509.Certificate:
    """A self-signed certificate that may sign others, but no authorities."""
    subject = common_name(name)
    builder = _builder(subject, subject, key, validity)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(sign_certificates=True), critical=True)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False
    )
    return builder.sign(key, hashes.SHA256())


def end_entity(
    name: str,
    role: str,
    key: PrivateKey,
    validity: Validity,
    issuer: x509.Certificate,
    issuer_key: PrivateKey,
) -> x509.Certificate:
    """A server's or a client's certificate."""
    if role not in ROLES:
        raise PkiError(f'role must be server or client, not "{role}"')
    is_server = role == "server"
    is_rsa = isinstance(key, rsa.RSAPrivateKey)
    usage = _usage(key_agreement=is_server and not is_rsa, key_encipherment=is_server and is_rsa)
    builder = _builder(common_name(name), issuer.subject, key, validity)
    builder = builder.add_extension(
        x509.BasicConstraints(ca=False, path_length=None), critical=True
    )
    builder = builder.add_extension(usage, critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ROLES[role]]), critical=False)
    builder = builder.add_extension(_issuer_identifier(issuer), critical=False)
    return builder.sign(issuer_key, hashes.SHA256())


def revocation_list(
    issuer: x509.Certificate,
    issuer_key: PrivateKey,
    revoked: list[Entry],
    number: int,
    validity: Validity,
) -> bytes:
    """The CRL as text. After its end stock programs refuse every certificate."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.subject)
        .last_update(validity.start)
        .next_update(validity.end)
        .add_extension(x509.CRLNumber(number), critical=False)
        .add_extension(_issuer_identifier(issuer), critical=False)
    )
    for entry in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(int(entry.serial, 16))
            .revocation_date(datetime.fromisoformat(entry.revoked))
            .build()
        )
    return builder.sign(issuer_key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: PrivateKey, validity: Validity
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(validity.start)
        .not_valid_after(validity.end)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _issuer_identifier(issuer: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own.value)


def _usage(
    *,
    sign_certificates: bool = False,
    key_agreement: bool = False,
    key_encipherment: bool = False,
) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=key_encipherment,
        data_encipherment=False,
        key_agreement=key_agreement,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )
