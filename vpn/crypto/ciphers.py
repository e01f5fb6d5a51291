"""The table of data ciphers: one row per name that `data-ciphers` may list.

The ciphers themselves are OpenSSL's, through `cryptography`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305


class Aead(Protocol):
    """What `cryptography` offers for each AEAD: the tag stands behind the ciphertext."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Plaintext; InvalidTag if anything was changed."""


@dataclass(frozen=True, slots=True)
class DataCipher:
    """One data cipher. `block_size` enters the link MTU of the options string only.

    limit: packets and blocks of 16 bytes that one key may seal; 0 if there is none
    [draft-irtf-cfrg-aead-limits]
    """

    name: str
    key_size: int
    block_size: int
    aead: Callable[[bytes], Aead]
    limit: int = 0


GCM_LIMIT = 2**36 - 1
DATA_CIPHERS = {
    cipher.name: cipher
    for cipher in (
        DataCipher("AES-128-GCM", 16, 16, AESGCM, GCM_LIMIT),
        DataCipher("AES-192-GCM", 24, 16, AESGCM, GCM_LIMIT),
        DataCipher("AES-256-GCM", 32, 16, AESGCM, GCM_LIMIT),
        DataCipher("CHACHA20-POLY1305", 32, 1, ChaCha20Poly1305),
    )
}
