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


TEXTS = [b"a packet", bytes(1400), b"x" * 17, b""]


def pair(name, *, has_epochs=False):
    """What the client seals with and the server opens with, twice the same."""
    return [
        data_keys(
            bytes(range(256)), DATA_CIPHERS[name], is_server=is_server, digest="sha1",
            random_bytes=bytes, unix_time=1, has_epochs=has_epochs,
        )[is_server]
        for is_server in (False, True)
    ]  # fmt: skip


ALL = [(name, False) for name in (*CLASSES, "AES-128-GCM", "CHACHA20-POLY1305")]
BATCHING = [("AES-256-GCM", False), ("CHACHA20-POLY1305", False), ("AES-256-GCM", True)]
HEADERS = [bytes.fromhex("48000001"), b"\x30"]


@pytest.mark.parametrize("header", HEADERS, ids=["v2", "v1"])
@pytest.mark.parametrize(("name", "has_epochs"), [*ALL, ("AES-256-GCM", True)])
def test_a_batch_is_sealed_as_its_packets_one_by_one(name, has_epochs, header):
    alone, batch = (pair(name, has_epochs=has_epochs)[0] for _ in range(2))
    expected = [alone.seal(header, number, text) for number, text in enumerate(TEXTS, 5)]
    assert batch.seal_batch(header, 5, TEXTS) == expected
    assert batch.seal(header, 9, b"next") == alone.seal(header, 9, b"next")


@pytest.mark.parametrize("header", HEADERS, ids=["v2", "v1"])
@pytest.mark.parametrize(("name", "has_epochs"), BATCHING)
def test_a_batch_is_opened_as_its_packets_one_by_one(name, has_epochs, header):
    send, receive = pair(name, has_epochs=has_epochs)
    sealed = send.seal_batch(header, 5, TEXTS)
    first, texts = receive.open_batch(sealed, len(header))
    opened = [receive.open(one, len(header)) for one in sealed]
    assert list(enumerate(texts, first)) == opened
    assert texts == TEXTS
    assert receive.open_batch([sealed[0], sealed[2]], len(header)) is None
    assert receive.open_batch([sealed[0], sealed[2], sealed[1], sealed[3]], len(header)) is None


@pytest.mark.parametrize(("name", "has_epochs"), BATCHING)
def test_a_batch_with_one_bit_changed_is_not_opened_at_once(name, has_epochs):
    send, receive = pair(name, has_epochs=has_epochs)
    sealed = send.seal_batch(HEADERS[0], 1, [b"one", b"two", b"three"])
    for bit in range(len(sealed[1]) * 8):
        bent = bytearray(sealed[1])
        bent[bit // 8] ^= 1 << bit % 8
        assert receive.open_batch([sealed[0], bytes(bent), sealed[2]], 4) is None
    assert receive.open_batch([sealed[0], sealed[1][:20], sealed[2]], 4) is None


@pytest.mark.parametrize(("name", "has_epochs"), BATCHING)
def test_a_batch_that_says_the_last_packet_ids_is_opened_one_by_one(name, has_epochs):
    _, receive = pair(name, has_epochs=has_epochs)
    forged = HEADERS[0] + b"\xff" * 8 + bytes(40)
    assert receive.open_batch([forged, forged], 4) is None


@pytest.mark.parametrize("name", ["AES-256-CBC", "AES-256-OFB", "none"])
def test_what_has_no_quicker_way_is_opened_one_by_one(name):
    send, receive = pair(name)
    assert receive.open_batch(send.seal_batch(HEADERS[0], 1, TEXTS), 4) is None
