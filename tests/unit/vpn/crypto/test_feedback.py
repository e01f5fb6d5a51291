"""CFB and OFB data packets: what stands where, and every bit that may not change."""

from __future__ import annotations

import hmac

import pytest

from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.feedback import FeedbackKey
from vpn.crypto.mac import Mac
from vpn.errors import Drop, PacketError

HEADER = bytes.fromhex("48000007")
MATERIAL = bytes(range(64))
TIME = 0x01020304
NAMES = [name for name, one in DATA_CIPHERS.items() if one.mode is not None and not one.is_cbc]


def key_of(name: str, digest: str = "sha1") -> FeedbackKey:
    cipher = DATA_CIPHERS[name]
    algorithm = cipher.algorithm(MATERIAL[: cipher.key_size])
    return FeedbackKey(algorithm, cipher.mode, Mac(digest, MATERIAL), TIME)


@pytest.mark.parametrize("name", NAMES)
def test_a_packet_comes_back_and_is_no_longer(name):
    key, cipher = key_of(name), DATA_CIPHERS[name]
    for size in (0, 1, 16, 1400):
        sealed = key.seal(HEADER, 9, bytes(size))
        assert len(sealed) == 4 + 20 + cipher.block_size + size
        assert key.open(sealed, 4) == (TIME << 32 | 9, bytes(size))


@pytest.mark.parametrize(("name", "zeros"), [("AES-128-OFB", 8), ("DES-EDE3-CFB", 0)])
def test_the_iv_is_packet_id_and_time(name, zeros):
    sealed = key_of(name).seal(HEADER, 9, b"text")
    assert sealed[:4] == HEADER
    assert sealed[4:24] == hmac.digest(MATERIAL[:20], sealed[24:], "sha1")
    assert sealed[24:-4] == bytes([0, 0, 0, 9, 1, 2, 3, 4]) + bytes(zeros)


def test_any_changed_bit_behind_the_header_is_noticed():
    key = key_of("AES-256-CFB")
    sealed = key.seal(HEADER, 1, b"hello")
    for bit in range(4 * 8, len(sealed) * 8):
        bent = bytearray(sealed)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises(PacketError) as caught:
            key.open(bytes(bent), 4)
        assert caught.value.reason is Drop.AUTH


def test_a_packet_that_is_cut_short_is_malformed():
    with pytest.raises(PacketError) as caught:
        key_of("AES-256-CFB").open(bytes(39), 4)
    assert caught.value.reason is Drop.MALFORMED


def test_a_later_time_starts_anew():
    window = key_of("AES-256-CFB").new_window(64, 15)
    assert window.accept(TIME << 32 | 9)
    assert not window.accept(TIME << 32 | 9)
    assert window.accept(TIME + 1 << 32 | 1)
    assert not window.accept(TIME << 32 | 10)
    assert not window.accept(TIME + 1 << 32)
