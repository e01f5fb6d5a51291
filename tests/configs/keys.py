"""The keys that fill the samples' placeholders, and the files that the other end reads."""

from __future__ import annotations

import base64
import subprocess
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)
from cryptography.x509 import load_pem_x509_certificate

from tests.configs.samples import LOGIN, PASSWORD, SCRIPT
from vpn.pki.authority import Authority
from vpn.pki.static_key import generate

if TYPE_CHECKING:
    from pathlib import Path

    from vpn.pki.authority import Issued

SERVER, CLIENT = "vpn.example.com", "client"
FFDHE = "group:ffdhe2048"
V2 = ("tls-crypt-v2-server", "tls-crypt-v2-client")


class Keys:
    """One authority, a certificate for each end, static keys."""

    def __init__(self, directory: Path) -> None:
        authority = Authority.create(directory / "pki", name="Example CA", key_type="rsa")
        self._server = authority.issue(SERVER, role="server")
        self._client = authority.issue(CLIENT, role="client")
        self.common = {
            "ca": authority.certificate,
            "crl": authority.crl(),
            "ca-hash": _openssl("x509", "-noout", "-hash", "-in", str(directory / "pki/ca.crt")),
            "dh": _openssl("genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", FFDHE),
            "tls-auth": generate().encode(),
            "tls-crypt": generate().encode(),
            "server-fingerprint": _fingerprint(self._server),
            "client-fingerprint": _fingerprint(self._client),
            **_v2(directory),
        }

    def of(self, *, server: bool) -> dict[str, bytes]:
        """What one end has."""
        own = self._server if server else self._client
        bundle = _pkcs12(own)
        return {
            **self.common,
            "cert": own.cert_pem,
            "key": own.key_pem,
            "tls-crypt-v2": self.common[V2[0] if server else V2[1]],
            "pkcs12": base64.b64encode(bundle),
            "pkcs12-file": bundle,
            "encrypted-key": _encrypted(own),
        }

    def write_for_other_end(self, directory: Path, *, server: bool) -> None:
        """The files that other_end.py's configurations name."""
        own = self.of(server=server)
        for name in ("tls-auth", "tls-crypt", *V2):
            (directory / f"{name}.key").write_bytes(own[name])
        (directory / "ca.crt").write_bytes(own["ca"])
        (directory / "dh.pem").write_bytes(own["dh"])
        (directory / "other.crt").write_bytes(own["cert"])
        (directory / "other.key").write_bytes(own["key"])
        (directory / "login").write_text(LOGIN)
        (directory / "check").write_text(SCRIPT)
        (directory / "check").chmod(0o755)


def _openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], capture_output=True, check=True).stdout


def _v2(directory: Path) -> dict[str, bytes]:
    server, client = (directory / name for name in V2)
    genkey = ["openvpn", "--genkey"]
    subprocess.run([*genkey, V2[0], server], capture_output=True, check=True)
    subprocess.run(
        ["openvpn", "--tls-crypt-v2", server, "--genkey", V2[1], client],
        capture_output=True,
        check=True,
    )
    return {V2[0]: server.read_bytes(), V2[1]: client.read_bytes()}


def _fingerprint(issued: Issued) -> bytes:
    return load_pem_x509_certificate(issued.cert_pem).fingerprint(SHA256()).hex(":").encode()


def _private(issued: Issued) -> rsa.RSAPrivateKey:
    key = load_pem_private_key(issued.key_pem, None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key


def _pkcs12(issued: Issued) -> bytes:
    certificate = load_pem_x509_certificate(issued.cert_pem)
    authority = load_pem_x509_certificate((issued.cert_path.parents[1] / "ca.crt").read_bytes())
    return pkcs12.serialize_key_and_certificates(
        b"client", _private(issued), certificate, [authority], NoEncryption()
    )


def _encrypted(issued: Issued) -> bytes:
    lock = BestAvailableEncryption(PASSWORD.encode())
    return _private(issued).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock)
