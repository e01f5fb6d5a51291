"""The table of data ciphers."""

from __future__ import annotations

import pytest

from vpn.config.cipher_arguments import DATA_CIPHERS as CONFIGURABLE
from vpn.crypto.ciphers import DATA_CIPHERS


def test_what_may_be_configured_exists_and_nothing_more():
    assert set(DATA_CIPHERS) == set(CONFIGURABLE)


@pytest.mark.parametrize(
    ("name", "bits", "block"),
    [
        ("AES-128-GCM", 128, 16),
        ("AES-192-GCM", 192, 16),
        ("AES-256-GCM", 256, 16),
        ("CHACHA20-POLY1305", 256, 1),
    ],
)
def test_sizes(name, bits, block):
    cipher = DATA_CIPHERS[name]
    assert (cipher.key_size * 8, cipher.block_size) == (bits, block)
    sealed = cipher.aead(bytes(cipher.key_size)).encrypt(bytes(12), b"text", b"")
    assert len(sealed) == len(b"text") + 16
