"""A TLS session read from outside: both sides' bytes and the key log in, plaintext out.

The key log is that of `--key-log`: NSS lines, `LABEL client_random secret`. Read are TLS 1.3 with
every suite (RFC 8446 section 7) and the AEAD suites of TLS 1.2 (RFC 5288, RFC 7905).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

from labs.errors import LabError
from vpn.crypto.hkdf import expand_label
from vpn.crypto.prf import p_hash

RECORD_HEADER = 5
CHANGE_CIPHER_SPEC, HANDSHAKE, APPLICATION_DATA = 20, 22, 23
CLIENT_HELLO, SERVER_HELLO, FINISHED, KEY_UPDATE = 1, 2, 20, 24
RANDOM_SIZE = 32
SUPPORTED_VERSIONS, TLS13 = 43, b"\x03\x04"
RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")
TAG_SIZE, IV_SIZE, SALT_SIZE, EXPLICIT_SIZE = 16, 12, 4, 8

KeyLog = dict[tuple[str, bytes], bytes]  # (label, client random) -> secret


class Aead(Protocol):
    """What AESGCM and ChaCha20Poly1305 have in common."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes: ...


@dataclass(frozen=True, slots=True)
class Suite:
    """A cipher suite: its AEAD, the bytes of its key, its hash."""

    aead: Callable[[bytes], Aead]
    key_size: int
    digest: str  # `hashlib`'s name
    salt_size: int = IV_SIZE  # bytes of the nonce that are secret; the others stand in the record


AES128 = Suite(AESGCM, 16, "sha256")
AES256 = Suite(AESGCM, 32, "sha384")
CHACHA = Suite(ChaCha20Poly1305, 32, "sha256")
AES128_TLS12 = Suite(AESGCM, 16, "sha256", SALT_SIZE)
AES256_TLS12 = Suite(AESGCM, 32, "sha384", SALT_SIZE)
SUITES = {
    0x1301: AES128,
    0x1302: AES256,
    0x1303: CHACHA,
    **dict.fromkeys((0xC02B, 0xC02F, 0x009E), AES128_TLS12),
    **dict.fromkeys((0xC02C, 0xC030, 0x009F), AES256_TLS12),
    **dict.fromkeys((0xCCA8, 0xCCA9, 0xCCAA), CHACHA),
}


def read_key_log(text: str) -> KeyLog:
    """The secrets of a key log; lines that are none are passed over."""
    secrets: KeyLog = {}
    for line in text.splitlines():
        words = line.split()
        try:
            label, random, secret = words
            secrets[label, bytes.fromhex(random)] = bytes.fromhex(secret)
        except ValueError:
            continue
    return secrets


class Direction:
    """One side's records: what is open, what is sealed, and with which key."""

    def __init__(self, label: str) -> None:
        self.label = label  # CLIENT or SERVER, as in the key log
        self.pending = b""  # of a record
        self.handshake = b""  # of a handshake message
        self.secret = b""
        self._number = 0  # of the record under this key
        self._aead: Aead | None = None
        self._iv = b""
        self._is_tls12 = False

    @property
    def is_sealed(self) -> bool:
        """Is there a key for what comes now?"""
        return self._aead is not None

    def use(self, suite: Suite, key: bytes, iv: bytes, *, is_tls12: bool = False) -> None:
        """From the next record on."""
        self._aead, self._iv, self._number = suite.aead(key), iv, 0
        self._is_tls12 = is_tls12

    def open(self, header: bytes, body: bytes) -> bytes:
        """The plaintext of one record; LabError if its key is another."""
        assert self._aead is not None
        number = self._number.to_bytes(8, "big")
        if len(self._iv) == SALT_SIZE:
            nonce, body = self._iv + body[:EXPLICIT_SIZE], body[EXPLICIT_SIZE:]
        else:
            padded = bytes(IV_SIZE - 8) + number
            nonce = bytes(a ^ b for a, b in zip(self._iv, padded, strict=True))
        size = (len(body) - TAG_SIZE).to_bytes(2, "big")
        self._number += 1
        try:
            return self._aead.decrypt(
                nonce, body, number + header[:3] + size if self._is_tls12 else header
            )
        except (InvalidTag, ValueError):
            words = "a TLS record can't be opened with the key log's secrets"
            raise LabError(words, "is it the log of this session?") from None


class TlsSession:
    """One session. `feed` takes each side's bytes in order and gives the plaintext in them."""

    def __init__(self, key_log: KeyLog) -> None:
        self._log = key_log
        self._client, self._server = Direction("CLIENT"), Direction("SERVER")
        self._client_random = self._server_random = b""
        self._suite: Suite | None = None
        self._is_tls13 = False

    def feed(self, data: bytes, *, from_client: bool) -> list[bytes]:
        """Application data, a piece for each record. LabError if a secret is missing."""
        side = self._client if from_client else self._server
        side.pending += data
        found = []
        while len(side.pending) >= RECORD_HEADER:
            end = RECORD_HEADER + int.from_bytes(side.pending[3:5], "big")
            if len(side.pending) < end:
                break
            header, body = side.pending[:RECORD_HEADER], side.pending[RECORD_HEADER:end]
            side.pending = side.pending[end:]
            found += self._record(side, header, body)
        return found

    def export(self, label: bytes, size: int) -> bytes:
        """Keying material as either side would export it (RFC 5705, RFC 8446 section 7.5)."""
        assert self._suite is not None
        digest = self._suite.digest
        if not self._is_tls13:
            seed = label + self._client_random + self._server_random
            return p_hash(digest, self._secret("CLIENT_RANDOM"), seed, size)
        context = hashlib.new(digest).digest()
        secret = self._expand(self._secret("EXPORTER_SECRET"), label, len(context), context)
        return self._expand(secret, b"exporter", size, context)

    # -- records -------------------------------------------------------------------------------

    def _record(self, side: Direction, header: bytes, body: bytes) -> list[bytes]:
        kind = header[0]
        if kind == CHANGE_CIPHER_SPEC:
            if not self._is_tls13 and self._suite is not None:
                self._begin_tls12(side)
            return []
        if side.is_sealed:
            body = side.open(header, body)
            if self._is_tls13:
                body = body.rstrip(b"\0")
                kind, body = body[-1], body[:-1]
        if kind == HANDSHAKE:
            self._handshake(side, body)
        return [body] if kind == APPLICATION_DATA else []

    def _handshake(self, side: Direction, body: bytes) -> None:
        """Every message that is whole with this record."""
        side.handshake += body
        while len(side.handshake) >= 4:
            kind, end = side.handshake[0], 4 + int.from_bytes(side.handshake[1:4], "big")
            if len(side.handshake) < end:
                return
            message, side.handshake = side.handshake[4:end], side.handshake[end:]
            if kind == CLIENT_HELLO:
                self._client_random = message[2 : 2 + RANDOM_SIZE]
            elif kind == SERVER_HELLO:
                self._server_hello(message)
            elif kind == FINISHED and self._is_tls13:
                self._begin_tls13(side, f"{side.label}_TRAFFIC_SECRET_0")
            elif kind == KEY_UPDATE and self._is_tls13 and self._suite is not None:
                fresh = self._expand(side.secret, b"traffic upd", len(side.secret))
                self._set_secret(side, fresh)

    def _server_hello(self, message: bytes) -> None:
        random = message[2 : 2 + RANDOM_SIZE]
        if random == RETRY:
            return
        self._server_random = random
        at = 3 + RANDOM_SIZE + message[2 + RANDOM_SIZE]
        number = int.from_bytes(message[at : at + 2], "big")
        self._suite = SUITES.get(number)
        if self._suite is None:
            raise LabError(f"TLS suite {number:#06x}", "can't be read here")
        self._is_tls13 = _extension(message[at + 3 :], SUPPORTED_VERSIONS) == TLS13
        if self._is_tls13:
            for side in (self._client, self._server):
                self._begin_tls13(side, f"{side.label}_HANDSHAKE_TRAFFIC_SECRET")

    def _begin_tls13(self, side: Direction, label: str) -> None:
        self._set_secret(side, self._secret(label))

    def _set_secret(self, side: Direction, secret: bytes) -> None:
        assert self._suite is not None
        side.secret = secret
        key = self._expand(secret, b"key", self._suite.key_size)
        side.use(self._suite, key, self._expand(secret, b"iv", IV_SIZE))

    def _expand(self, secret: bytes, label: bytes, size: int, context: bytes = b"") -> bytes:
        assert self._suite is not None
        digest = self._suite.digest
        return expand_label(secret, b"tls13 " + label, size, digest=digest, context=context)

    def _begin_tls12(self, side: Direction) -> None:
        suite = self._suite
        assert suite is not None
        master = self._secret("CLIENT_RANDOM")
        seed = b"key expansion" + self._server_random + self._client_random
        block = p_hash(suite.digest, master, seed, 2 * (suite.key_size + suite.salt_size))
        ivs = block[2 * suite.key_size :]
        place = 0 if side is self._client else 1
        key = block[place * suite.key_size : (place + 1) * suite.key_size]
        iv = ivs[place * suite.salt_size : (place + 1) * suite.salt_size]
        side.use(suite, key, iv, is_tls12=True)

    def _secret(self, label: str) -> bytes:
        found = self._log.get((label, self._client_random))
        if found is None:
            what = f"the key log has no {label} of this session"
            raise LabError(what, "run both ends' program with --key-log, or the one that has it")
        return found


def _extension(data: bytes, wanted: int) -> bytes:
    """The body of one extension of a ServerHello; empty if it is not there."""
    at = 2
    while at + 4 <= len(data):
        kind, size = int.from_bytes(data[at : at + 2], "big"), int.from_bytes(data[at + 2 : at + 4])
        if kind == wanted:
            return data[at + 4 : at + 4 + size]
        at += 4 + size
    return b""
