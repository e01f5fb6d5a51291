"""CBC data packets: what stands where, every length, and every bit that may not change."""

from __future__ import annotations

import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from vpn.crypto.cbc import CbcKey
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.mac import Mac
from vpn.errors import Drop, PacketError

HEADER = bytes.fromhex("48000007")
MATERIAL = bytes(range(64))
IV = bytes(range(100, 116))
NAMES = [name for name, cipher in DATA_CIPHERS.items() if cipher.is_cbc]


def key_of(digest: str, name: str = "AES-256-CBC", timestamp: int | None = None) -> CbcKey:
    cipher = DATA_CIPHERS[name]
    algorithm = cipher.algorithm(MATERIAL[: cipher.key_size])
    return CbcKey(algorithm, Mac(digest, MATERIAL), lambda size: IV[:size], timestamp)


def encrypted(body: bytes) -> bytes:
    encryptor = Cipher(AES(MATERIAL[:32]), CBC(IV)).encryptor()
    return IV + encryptor.update(body)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("digest", ["", "sha1", "sha512"])
def test_a_packet_of_any_length_comes_back(name, digest):
    key = key_of(digest, name)
    for size in (*range(18), 1400):
        sealed = key.seal(HEADER, 9, bytes(size))
        assert key.open(sealed, 4) == (9, bytes(size))
        assert key.open(b"\x30" + sealed[4:], 1) == (9, bytes(size))


def test_header_hmac_iv_ciphertext():
    sealed = encrypted(bytes([0, 0, 0, 1]) + b"hello" + bytes([7]) * 7)
    mac = hmac.digest(MATERIAL[:32], sealed, "sha256")
    assert key_of("sha256").seal(HEADER, 1, b"hello") == HEADER + mac + sealed


def test_the_long_form_has_the_time_behind_the_packet_id():
    key = key_of("", timestamp=0x01020304)
    sealed = key.seal(b"", 1, b"hello")
    assert sealed == encrypted(bytes([0, 0, 0, 1, 1, 2, 3, 4]) + b"hello" + bytes([3]) * 3)
    assert key.open(sealed, 0) == (0x01020304_00000001, b"hello")


def test_an_iv_is_asked_for_with_each_packet():
    asked = []
    key = CbcKey(AES(bytes(16)), Mac("", b""), lambda size: asked.append(size) or bytes(size))
    for number in (1, 2, 3):
        key.seal(HEADER, number, b"text")
    assert asked == [16, 16, 16]


def test_any_changed_bit_behind_the_header_is_noticed():
    key = key_of("sha1")
    sealed = key.seal(HEADER, 1, b"hello")
    for bit in range(4 * 8, len(sealed) * 8):
        bent = bytearray(sealed)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises(PacketError) as caught:
            key.open(bytes(bent), 4)
        assert caught.value.reason is Drop.AUTH


@pytest.mark.parametrize("digest", ["", "sha1"])
def test_a_packet_that_is_cut_short_is_malformed(digest):
    key = key_of(digest)
    sealed = key.seal(HEADER, 1, bytes(40))
    for end in (4, 20, len(sealed) - 1):
        with pytest.raises(PacketError) as caught:
            key.open(sealed[:end], 4)
        assert caught.value.reason is Drop.MALFORMED


@pytest.mark.parametrize("padding", [bytes(16), b"\x11" * 16, b"\x05\x04" * 8, b"\x10" * 16])
def test_padding_that_nobody_adds_is_malformed(padding):
    with pytest.raises(PacketError) as caught:
        key_of("").open(HEADER + encrypted(padding), 4)
    assert caught.value.reason is Drop.MALFORMED
