"""The table of data ciphers: one row per name that `data-ciphers` may list.

The ciphers themselves are OpenSSL's, through `cryptography`. What is no AEAD comes with an HMAC.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from cryptography.hazmat.decrepit.ciphers.algorithms import (
    CAST5,
    RC2,
    SEED,
    Blowfish,
    Camellia,
    TripleDES,
)
from cryptography.hazmat.decrepit.ciphers.modes import CFB, CFB8, OFB
from cryptography.hazmat.primitives.ciphers import BlockCipherAlgorithm
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
from cryptography.hazmat.primitives.ciphers.algorithms import AES, SM4
from cryptography.hazmat.primitives.ciphers.modes import CBC

Algorithm: TypeAlias = Callable[[bytes], BlockCipherAlgorithm]
Mode: TypeAlias = Callable[[bytes], CBC | CFB | CFB8 | OFB]


class Aead(Protocol):
    """What `cryptography` offers for each AEAD: the tag stands behind the ciphertext."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Ciphertext and tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Plaintext; InvalidTag if anything was changed."""


@dataclass(frozen=True, slots=True)
class DataCipher:
    """One data cipher. An AEAD has an `aead`, the others an `algorithm` and a `mode`, or none.

    limit: packets and blocks of 16 bytes that one key may seal; 0 if there is none
    [draft-irtf-cfrg-aead-limits]
    """

    name: str
    key_size: int
    block_size: int
    aead: Callable[[bytes], Aead] | None = None
    algorithm: Algorithm | None = None
    mode: Mode | None = None
    limit: int = 0

    @property
    def is_cbc(self) -> bool:
        """The mode that pads, and hides its packet ids."""
        return self.mode is CBC

    @property
    def is_small(self) -> bool:
        """Are its blocks so small that they repeat after some gigabytes (SWEET32)?

        The reference counts `none` among them.
        """
        return self.aead is None and self.block_size < SAFE_BLOCK


def _two_keys(key: bytes) -> BlockCipherAlgorithm:
    return TripleDES(key + key[:8])


SAFE_BLOCK = 16
GCM_LIMIT = 2**36 - 1
AEADS = (
    DataCipher("AES-128-GCM", 16, 16, AESGCM, limit=GCM_LIMIT),
    DataCipher("AES-192-GCM", 24, 16, AESGCM, limit=GCM_LIMIT),
    DataCipher("AES-256-GCM", 32, 16, AESGCM, limit=GCM_LIMIT),
    DataCipher("CHACHA20-POLY1305", 32, 1, ChaCha20Poly1305),
)
NONE = DataCipher("none", 0, 1)
MODES: dict[str, Mode] = {"CBC": CBC, "CFB": CFB, "OFB": OFB}
MODES_AND_CFB8 = {**MODES, "CFB8": CFB8}
FAMILIES: tuple[tuple[str, int, int, Algorithm, dict[str, Mode]], ...] = (
    ("AES-128", 16, 16, AES, MODES_AND_CFB8),
    ("AES-192", 24, 16, AES, MODES_AND_CFB8),
    ("AES-256", 32, 16, AES, MODES_AND_CFB8),
    ("CAMELLIA-128", 16, 16, Camellia, MODES),
    ("CAMELLIA-192", 24, 16, Camellia, MODES),
    ("CAMELLIA-256", 32, 16, Camellia, MODES),
    ("SEED", 16, 16, SEED, MODES),
    ("SM4", 16, 16, SM4, MODES),
    ("BF", 16, 8, Blowfish, MODES),
    ("CAST5", 16, 8, CAST5, MODES),
    ("DES-EDE", 16, 8, _two_keys, MODES),
    ("DES-EDE3", 24, 8, TripleDES, MODES_AND_CFB8),
    ("RC2", 16, 8, RC2, {"CBC": CBC}),
)
DATA_CIPHERS = {
    cipher.name: cipher
    for cipher in (
        *AEADS,
        *(
            DataCipher(f"{family}-{name}", key_size, block_size, algorithm=algorithm, mode=mode)
            for family, key_size, block_size, algorithm, modes in FAMILIES
            for name, mode in modes.items()
        ),
        NONE,
    )
}
