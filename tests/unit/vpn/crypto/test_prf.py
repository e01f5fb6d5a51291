"""The PRF of key method 2."""

from __future__ import annotations

import hmac

import pytest

from vpn.crypto.prf import tls1_prf

SECRET = (
    b"Lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod tempor incidunt ut "
    b"labore et dolore magna aliqua."
)
SEED = b"Quis aute iure reprehenderit in voluptate velit esse cillum dolore"
EXPECTED = "d98c8518c85e946927916acfc2d592fbb1567e4b4b1459e6a904ac2ddab72d67"


def test_known_answer():
    assert tls1_prf(SECRET, SEED, 32).hex() == EXPECTED


@pytest.mark.parametrize("size", [0, 1, 16, 20, 21, 31])
def test_shorter_output_is_a_prefix(size):
    assert tls1_prf(SECRET, SEED, size).hex() == EXPECTED[: 2 * size]


def test_halves_of_an_odd_secret_share_the_middle_byte():
    def first_block(digest: str, half: bytes) -> bytes:
        chain = hmac.digest(half, SEED, digest)
        return hmac.digest(half, chain + SEED, digest)[:16]

    expected = zip(first_block("md5", b"abc"), first_block("sha1", b"cde"), strict=True)
    assert tls1_prf(b"abcde", SEED, 16) == bytes(a ^ b for a, b in expected)
