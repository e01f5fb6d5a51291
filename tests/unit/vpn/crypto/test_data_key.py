"""What the data channel asks of a key, asked of each class of them."""

from __future__ import annotations

import pytest

from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.key_material import data_keys

CLASSES = ("AES-256-GCM", "AES-256-CBC", "AES-256-OFB", "none")


@pytest.mark.parametrize(
    ("name", "has_epochs"), [*((name, False) for name in CLASSES), ("AES-256-GCM", True)]
)
def test_every_key_says_how_many_packets_it_is_for(name, has_epochs):
    cipher = DATA_CIPHERS[name]
    send, receive = data_keys(
        bytes(range(256)), cipher, is_server=False, digest="sha1", random_bytes=bytes,
        unix_time=1, has_epochs=has_epochs,
    )  # fmt: skip
    assert send.max_packet_id == (0xFFFF << 48 if has_epochs else 0xFFFFFFFF)
    assert not send.is_spent
    is_aead = cipher.aead is not None
    assert receive.error_prefix.startswith("AEAD" if is_aead else "Authenticate")
    window = receive.new_window(64, 15)
    number = 1 << 48 | 1
    assert window.accept(number)
    assert not window.accept(number)
