"""Single attributes of a certificate for scripts and the management interface [man: --x509-track].

+CN                 a part of the subject, of the whole chain (without `+`: of the peer's own)
basicConstraints    an extension, as OpenSSL prints it
SHA256              a fingerprint
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.bindings.openssl.binding import Binding
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from OpenSSL import crypto

from vpn.control import username
from vpn.errors import ConfigError

DIGESTS = {"SHA1": SHA1, "SHA256": SHA256}
HEADING, VALUE = " " * 12, " " * 16  # how far OpenSSL indents an extension


def check(tracked: Iterable[str]) -> None:
    """ConfigError if OpenSSL knows no such attribute."""
    for word in tracked:
        if not _number(word.removeprefix("+")):
            raise ConfigError(f"no such attribute '{word}'", directive="x509-track")


def values(certificate: x509.Certificate, depth: int, tracked: Iterable[str]) -> dict[str, str]:
    """What is tracked of a certificate at this depth, and is there."""
    found = {}
    for word in tracked:
        name = word.removeprefix("+")
        if depth == 0 or word != name:
            value = _value(certificate, name)
            if value is not None:
                found[f"X509_{depth}_{name}"] = value
    return found


def _value(certificate: x509.Certificate, name: str) -> str | None:
    if name in DIGESTS:
        return certificate.fingerprint(DIGESTS[name]()).hex(":").upper()
    number = _number(name)
    for part in certificate.subject:
        if _number(part.oid.dotted_string) == number:
            return username.printable(part.value)
    return _extension(certificate, _long_name(number))


def _extension(certificate: x509.Certificate, long_name: str) -> str | None:
    """Its value, from the lines below its name."""
    kind = crypto.FILETYPE_TEXT
    text = crypto.dump_certificate(kind, crypto.X509.from_cryptography(certificate)).decode()
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"{HEADING}{long_name}:"):
            break
    found = []
    for line in lines:
        if not line.startswith(VALUE):
            break
        found.append(line.removeprefix(VALUE))
    return "?".join(found) if found else None  # the lines of a value are joined so


def _number(name: str) -> int:
    """OpenSSL's number for a name or an object identifier; 0 for what it does not know."""
    return int(Binding.lib.OBJ_txt2nid(name.encode()))


def _long_name(number: int) -> str:
    return bytes(Binding.ffi.string(Binding.lib.OBJ_nid2ln(number))).decode()
