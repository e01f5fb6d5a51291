"""A lab's keys: its own authority, one certificate for each end, static keys for the wrapping.

They are made anew for each lab and lie in its state directory only, so they are gone with it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from labs.vpn_config import TLS_AUTH_KEY, TLS_CRYPT_KEY, TLS_CRYPT_V2_KEY

PRIVATE = 0o600


def make(directory: Path, servers: Iterable[str], clients: Iterable[str]) -> None:
    """Make an authority in `directory`/pki, and for each end a directory with what it needs."""
    from vpn.pki import genkey
    from vpn.pki.authority import Authority
    from vpn.pki.static_key import generate

    authority = Authority.create(directory / "pki", name="vpnlab lab CA")
    shared = {TLS_AUTH_KEY: generate().encode(), TLS_CRYPT_KEY: generate().encode()}
    server_key = genkey.new_server_key().encode()
    roles = [(name, "server") for name in servers] + [(name, "client") for name in clients]
    for name, role in roles:
        issued = authority.issue(name, role=role)
        end = directory / "vpn" / name
        end.mkdir(parents=True, mode=0o700)
        write_private(end / "ca.crt", authority.certificate)
        write_private(end / f"{name}.crt", issued.cert_pem)
        write_private(end / f"{name}.key", issued.key_pem)
        own_key = server_key if role == "server" else genkey.new_client_key(server_key).encode()
        for file, content in {**shared, TLS_CRYPT_V2_KEY: own_key}.items():
            write_private(end / file, content)


def for_anything(authority: Path, name: str) -> tuple[bytes, bytes]:
    """A certificate, and its key, that does not say what it may be used for.

    Careless authorities issue such ones; `vpn-pki` does not.
    """
    from cryptography import x509
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.x509.oid import NameOID

    from vpn.pki import certificates

    issuer = x509.load_pem_x509_certificate((authority / "ca.crt").read_bytes())
    key = certificates.new_key("ec")
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(issuer.not_valid_before_utc)
        .not_valid_after(issuer.not_valid_after_utc)
        .sign(certificates.load_key((authority / "ca.key").read_bytes()), SHA256())
    )
    return certificates.cert_pem(certificate), certificates.key_pem(key)


def write_private(path: Path, content: bytes) -> None:
    """Write a file that is never readable by others, not for a moment."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
