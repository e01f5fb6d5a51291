"""`Authority`: issue, revoke, list. One directory, see store.py."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from vpn.pki import certificates, store
from vpn.pki.certificates import PrivateKey, Validity
from vpn.pki.store import Entry, Index, PkiError

CA_DAYS = 3650
DAYS = 825  # the longest that other TLS software takes for a server
CRL_DAYS = 180
NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}")


@dataclass(frozen=True, slots=True)
class Issued:
    """A new certificate: its text, its private key's text, and the files they are in."""

    name: str
    cert_pem: bytes
    key_pem: bytes
    cert_path: Path
    key_path: Path
    expires: datetime

    def __repr__(self) -> str:
        return f"<certificate of {self.name}, valid until {self.expires:%Y-%m-%d}>"


class Authority:
    """A certificate authority in a directory; `Authority.create(path)`, `Authority.open(path)`."""

    def __init__(self, path: Path, certificate: x509.Certificate, key: PrivateKey) -> None:
        self.path = path
        self._certificate = certificate
        self._key = key

    @classmethod
    def create(
        cls,
        path: Path | str,
        name: str = "vpnlab CA",
        key_type: str = "ec",
        days: int = CA_DAYS,
        not_before: datetime | None = None,
    ) -> Authority:
        """A new authority; PkiError if the directory already has one."""
        path = Path(path)
        if (path / "ca.key").exists() or (path / "ca.crt").exists():
            raise PkiError(f"{path} already has an authority")
        if not 1 <= len(name) <= 64 or not name.isprintable():
            raise PkiError(f'"{name}" can\'t be a common name')
        store.make_directory(path)
        store.make_directory(path / "issued")
        store.make_directory(path / "private", store.PRIVATE_DIRECTORY)
        key = certificates.new_key(key_type)
        certificate = certificates.authority(name, key, Validity.of(days, not_before))
        store.write(path / "ca.key", certificates.key_pem(key), store.PRIVATE)
        store.write(path / "ca.crt", certificates.cert_pem(certificate))
        return cls(path, certificate, key)

    @classmethod
    def open(cls, path: Path | str) -> Authority:
        """The authority that is in a directory."""
        path = Path(path)
        try:
            certificate = x509.load_pem_x509_certificate(store.read(path / "ca.crt"))
        except ValueError as problem:
            raise PkiError(f"{path / 'ca.crt'} is not a certificate: {problem}") from None
        key = certificates.load_key(store.read(path / "ca.key"))
        if key.public_key() != certificate.public_key():
            raise PkiError(f"ca.key does not belong to ca.crt in {path}")
        return cls(path, certificate, key)

    @property
    def certificate(self) -> bytes:
        """The authority's own certificate, for `ca`."""
        return certificates.cert_pem(self._certificate)

    @property
    def expires(self) -> datetime:
        """When the authority's own certificate ends."""
        return self._certificate.not_valid_after_utc

    @property
    def key_type(self) -> str:
        """`ec` or `rsa`: what certificates get when nothing else is asked for."""
        return "rsa" if isinstance(self._key, rsa.RSAPrivateKey) else "ec"

    def issue(
        self,
        name: str,
        role: str = "client",
        days: int = DAYS,
        not_before: datetime | None = None,
        key_type: str | None = None,
    ) -> Issued:
        """A certificate under a name that has none; it never outlives the authority."""
        if not NAME.fullmatch(name) or ".." in name:
            raise PkiError(f'"{name}" can\'t be a name: 1 to 64 letters, digits, . _ @ -')
        index = self._index()
        if index.current(name):
            raise PkiError(f"{name} has a certificate already: revoke it first")
        validity = Validity.of(days, not_before)
        validity = replace(validity, end=min(validity.end, self.expires))
        if validity.start >= validity.end:
            raise PkiError(f"the certificate would end before it starts ({validity.end:%Y-%m-%d})")
        key = certificates.new_key(key_type or self.key_type)
        certificate = certificates.end_entity(
            name, role, key, validity, self._certificate, self._key
        )
        issued = Issued(
            name,
            certificates.cert_pem(certificate),
            certificates.key_pem(key),
            self.path / "issued" / f"{name}.crt",
            self.path / "private" / f"{name}.key",
            certificate.not_valid_after_utc,
        )
        entry = Entry(
            serial=f"{certificate.serial_number:x}",
            name=name,
            role=role,
            expires=issued.expires.isoformat(),
        )
        index.entries.append(entry)
        self._keep(index)  # first: a serial that is known can be revoked, whatever comes next
        store.write(issued.key_path, issued.key_pem, store.PRIVATE)
        store.write(issued.cert_path, issued.cert_pem)
        return issued

    def revoke(self, name: str) -> Entry:
        """Revoke the certificate under this name, write the new list, and free the name."""
        index = self._index()
        entry = index.current(name)
        if entry is None:
            raise PkiError(f"{name} has no certificate that could be revoked")
        revoked = replace(entry, revoked=datetime.now(UTC).replace(microsecond=0).isoformat())
        index.entries[index.entries.index(entry)] = revoked
        self._keep(index)
        self.crl()
        return revoked

    def crl(self, days: int = CRL_DAYS, not_before: datetime | None = None) -> bytes:
        """Write `crl.pem` anew, good for `days` from now; the same is answered."""
        index = self._index()
        revoked = [one for one in index.entries if one.revoked]
        pem = certificates.revocation_list(
            self._certificate,
            self._key,
            revoked,
            index.crl_number,
            Validity.of(days, not_before),
        )
        index.crl_number += 1
        self._keep(index)
        store.write(self.path / "crl.pem", pem)
        return pem

    def crl_expires(self) -> datetime | None:
        """When the list that is there ends; None if there is none."""
        if not (self.path / "crl.pem").exists():
            return None
        return x509.load_pem_x509_crl(store.read(self.path / "crl.pem")).next_update_utc

    def entries(self) -> list[Entry]:
        """Everything that was issued, oldest first."""
        return self._index().entries

    def _index(self) -> Index:
        return store.read_index(self.path / "index.json")

    def _keep(self, index: Index) -> None:
        store.write_index(self.path / "index.json", index)
