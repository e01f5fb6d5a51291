"""Our own certificate, its chain and its private key, from PEM files or a PKCS#12 bundle.

[man: --cert, --key, --pkcs12, --extra-certs, --askpass]
"""

from __future__ import annotations

import base64
import binascii
import logging
from dataclasses import dataclass, field
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.hazmat.primitives.serialization.pkcs12 import load_key_and_certificates

from vpn.config.options import TlsOptions
from vpn.control.certificate import subject_text
from vpn.errors import ConfigError
from vpn.trace import NOTICE

log = logging.getLogger("vpn.control.tls")


@dataclass(frozen=True, slots=True)
class Identity:
    """Who we are. authorities: what a bundle trusts, if there is no `ca`."""

    certificate: x509.Certificate
    key: PrivateKeyTypes = field(repr=False)
    chain: tuple[x509.Certificate, ...] = ()
    authorities: tuple[x509.Certificate, ...] = ()


def own_identity(tls: TlsOptions, now: datetime) -> Identity | None:
    """None if there is none; ConfigError if it is no use."""
    identity = _from_bundle(tls) if tls.pkcs12 is not None else _from_pem(tls)
    if identity is not None:
        _check_dates(identity.certificate, now)
    return identity


def certificates(pem: bytes | None, directive: str) -> list[x509.Certificate]:
    """All that a file holds; a file that is not there holds none."""
    if pem is None or not pem.strip():
        return []
    try:
        return x509.load_pem_x509_certificates(pem)
    except ValueError:
        raise ConfigError("no PEM certificate that can be read", directive=directive) from None


def _password(tls: TlsOptions) -> bytes | None:
    """The first line of the file of `askpass`."""
    return bytes(tls.askpass).split(b"\n")[0].rstrip(b"\r") if tls.askpass is not None else None


def _from_pem(tls: TlsOptions) -> Identity | None:
    if tls.cert is None or tls.key is None:
        return None
    own, *chain = certificates(tls.cert, "cert")
    chain += certificates(tls.extra_certs, "extra-certs")
    password = _password(tls) if b"ENCRYPTED" in bytes(tls.key) else None
    try:
        key = load_pem_private_key(bytes(tls.key), password)
    except (ValueError, TypeError) as problem:
        raise ConfigError(f"cannot load the private key: {problem}", directive="key") from None
    if key.public_key() != own.public_key():
        raise ConfigError(
            f'the private key does not match the certificate "{subject_text(own)}" of '
            "cert; give the pair that was made together",
            directive="key",
        )
    return Identity(own, key, tuple(chain))


def _from_bundle(tls: TlsOptions) -> Identity:
    assert tls.pkcs12 is not None
    raw = bytes(tls.pkcs12)
    if raw[:1] != b"\x30":  # in a block it is base64
        try:
            raw = base64.b64decode(b"".join(raw.split()), validate=True)
        except (binascii.Error, ValueError):
            raise ConfigError("neither PKCS#12 nor base64 of it", directive="pkcs12") from None
    password = _password(tls)
    try:
        key, own, others = load_key_and_certificates(raw, password or None)
    except (ValueError, TypeError) as problem:
        raise ConfigError(f"cannot be opened: {problem}", directive="pkcs12") from None
    if key is None or own is None:
        raise ConfigError("holds no certificate with its private key", directive="pkcs12")
    extra = certificates(tls.extra_certs, "extra-certs")
    if tls.ca is None:
        return Identity(own, key, tuple(extra), tuple(others))
    return Identity(own, key, (*others, *extra))


def _check_dates(certificate: x509.Certificate, now: datetime) -> None:
    """No peer takes an expired certificate: say so here, where it can be mended."""
    until, since = certificate.not_valid_after_utc, certificate.not_valid_before_utc
    subject = subject_text(certificate)
    if until < now:
        raise ConfigError(
            f'the certificate "{subject}" expired on {until:%Y-%m-%d}; issue a new one',
            directive="cert",
        )
    if since > now:
        words = 'WARNING: Your certificate "%s" is not yet valid: check the clock'
        log.log(NOTICE, words, subject)
