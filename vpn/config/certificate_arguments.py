"""Arguments of the directives about certificates [man: tls-options]."""

from __future__ import annotations

from typing import NamedTuple

from vpn.config.field import Arguments

DIGEST_SIZES = {"SHA1": 20, "SHA256": 32}
DEFAULT_USERNAME_FIELDS = ("CN",)
EXTENSIONS = ("ext:subjectAltName", "ext:issuerAltName")


class Fingerprint(NamedTuple):
    """A digest that a certificate must have."""

    digest: bytes
    algorithm: str


class RevocationSource(NamedTuple):
    """Where revoked certificates are written down: a list, or a directory of serial numbers."""

    path: str = ""
    is_directory: bool = False


def _digest(word: str, algorithm: str) -> Fingerprint:
    try:
        digest = bytes.fromhex(word.replace(":", ""))
    except ValueError:
        raise ValueError(f'"{word}" is not XX:XX:… in hexadecimal') from None
    if len(digest) != DIGEST_SIZES[algorithm]:
        raise ValueError(f"must have {DIGEST_SIZES[algorithm]} bytes, not {len(digest)}")
    return Fingerprint(digest, algorithm)


def parse_peer_fingerprint(arguments: Arguments) -> Fingerprint:
    """`peer-fingerprint HASH`."""
    return _digest(arguments[0], "SHA256")


def parse_verify_hash(arguments: Arguments) -> Fingerprint:
    """`verify-hash HASH [SHA1|SHA256]`."""
    algorithm = arguments[1].upper() if len(arguments) > 1 else "SHA1"
    if algorithm not in DIGEST_SIZES:
        raise ValueError(f'the algorithm must be SHA1 or SHA256, not "{arguments[1]}"')
    return _digest(arguments[0], algorithm)


def parse_key_usages(arguments: Arguments) -> tuple[int, ...]:
    """`remote-cert-ku [BITS ...]`: 16 bits each, in hexadecimal; none: any usage will do."""
    try:
        return tuple(int(word, 16) for word in arguments) or (0,)
    except ValueError:
        raise ValueError("must be hexadecimal numbers") from None


def parse_username_fields(arguments: Arguments) -> tuple[str, ...]:
    """`x509-username-field [ext:]FIELD ...`."""
    for word in arguments:
        if word.startswith("ext:") and word not in EXTENSIONS:
            raise ValueError(f'"{word}" is not supported; one of {", ".join(EXTENSIONS)}')
    return arguments


def parse_revocations(arguments: Arguments) -> RevocationSource:
    """`crl-verify FILE`, `crl-verify DIRECTORY dir`."""
    if arguments[1:] and arguments[1] != "dir":
        raise ValueError(f'the second argument must be dir, not "{arguments[1]}"')
    path = arguments[0] if arguments and arguments[0] != "[inline]" else ""
    return RevocationSource(path, arguments[1:] == ("dir",))


def parse_cookie(arguments: Arguments) -> str:
    """`tls-crypt-v2 FILE [allow-noncookie|force-cookie]`."""
    word = arguments[1] if len(arguments) > 1 else ""
    if word not in ("", "allow-noncookie", "force-cookie"):
        raise ValueError(f'must be allow-noncookie or force-cookie, not "{word}"')
    return word
