"""tls-crypt-v2 keys: each client's own, and the form in which only the server can read it again.

server key   128 bytes: Ke = [0:32], Ka = [64:96]
client key   Kc(256) | WKc

WKc  32   T = HMAC-SHA256(Ka, length | Kc | metadata)
     ..   AES-256-CTR(Ke, IV = T[:16], Kc | metadata)
     u16  length of all of it

metadata  u8 kind: 0 the user's own, 1 the unix time of the key as u64 [man: --tls-crypt-v2]
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR

from vpn.errors import ConfigError
from vpn.wire import pem
from vpn.wire.static_key import KEY_SIZE

SERVER_NAME = "OpenVPN tls-crypt-v2 server key"
CLIENT_NAME = "OpenVPN tls-crypt-v2 client key"
SERVER_SIZE = 128
TAG_SIZE = 32
IV_SIZE = 16
LENGTH_SIZE = 2
SMALLEST, LARGEST = TAG_SIZE + KEY_SIZE + LENGTH_SIZE, 1024
MAX_METADATA = LARGEST - SMALLEST  # its kind included
USER, TIMESTAMP = 0, 1


@dataclass(frozen=True, slots=True)
class ServerKey:
    """What wraps and opens the keys of clients."""

    cipher: bytes = field(repr=False)
    hmac: bytes = field(repr=False)

    @classmethod
    def of(cls, raw: bytes) -> ServerKey:
        """From the 128 bytes of a file."""
        return cls(raw[:32], raw[64:96])

    def wrap(self, material: bytes, metadata: bytes) -> bytes:
        """A client's key and what is noted about it -> WKc."""
        plain = material + metadata
        length = (TAG_SIZE + len(plain) + LENGTH_SIZE).to_bytes(LENGTH_SIZE, "big")
        tag = hmac.digest(self.hmac, length + plain, "sha256")
        return tag + self._ctr(tag, plain) + length

    def unwrap(self, wrapped: bytes) -> tuple[bytes, bytes] | None:
        """WKc -> (the client's key, metadata); None if it is not one of ours."""
        if not SMALLEST <= len(wrapped) <= LARGEST:
            return None
        tag, length = wrapped[:TAG_SIZE], wrapped[-LENGTH_SIZE:]
        plain = self._ctr(tag, wrapped[TAG_SIZE:-LENGTH_SIZE])
        if not hmac.compare_digest(tag, hmac.digest(self.hmac, length + plain, "sha256")):
            return None
        return plain[:KEY_SIZE], plain[KEY_SIZE:]

    def _ctr(self, tag: bytes, data: bytes) -> bytes:
        return Cipher(AES(self.cipher), CTR(tag[:IV_SIZE])).encryptor().update(data)


def cut(datagram: bytes) -> tuple[bytes, bytes] | None:
    """A datagram that ends with a WKc -> (what stands before it, WKc)."""
    size = int.from_bytes(datagram[-LENGTH_SIZE:], "big")
    if not SMALLEST <= size <= min(LARGEST, len(datagram)):
        return None
    return datagram[:-size], datagram[-size:]


def parse_server(text: bytes) -> ServerKey:
    """The key of a server's file."""
    raw = pem.parse(SERVER_NAME, text)
    if raw is None or len(raw) != SERVER_SIZE:
        words = f'no "{SERVER_NAME}" in the file (make one with --genkey tls-crypt-v2-server)'
        raise ConfigError(words, directive="tls-crypt-v2")
    return ServerKey.of(raw)


def parse_client(text: bytes) -> tuple[bytes, bytes]:
    """(Kc, WKc) of a client's file."""
    raw = pem.parse(CLIENT_NAME, text)
    if raw is None or not SMALLEST <= len(raw) - KEY_SIZE <= LARGEST:
        words = f'no "{CLIENT_NAME}" in the file (make one with --genkey tls-crypt-v2-client)'
        raise ConfigError(words, directive="tls-crypt-v2")
    return raw[:KEY_SIZE], raw[KEY_SIZE:]
