"""tls-crypt: which key each side uses, what is in clear, and what is replayed."""

from __future__ import annotations

import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CTR
from hypothesis import given
from hypothesis import strategies as st

from vpn.control.tls_crypt import TlsCrypt
from vpn.errors import Drop, PacketError

KEY = bytes((11 * n) % 256 for n in range(256))
HEADER = b"\x38sessn-id"


def side(role: str, timestamp: int = 1000, key: bytes = KEY) -> TlsCrypt:
    return TlsCrypt(key, timestamp, is_server=role == "server")


@pytest.mark.parametrize(("role", "slot"), [("server", 0), ("client", 128)])
def test_bytes_on_the_wire(role, slot):
    rest = b"\x00\x00\x00\x00\x00payload"
    datagram = side(role).wrap(HEADER, rest)
    clear = HEADER + b"\0\0\0\1" + (1000).to_bytes(4, "big")
    tag = hmac.digest(KEY[slot + 64 : slot + 96], clear + rest, "sha256")
    cipher = Cipher(AES(KEY[slot : slot + 32]), CTR(tag[:16])).encryptor()
    assert datagram == clear + tag + cipher.update(rest)
    assert side(role).overhead == len(datagram) - len(HEADER + rest)


@given(st.binary(min_size=1, max_size=100), st.sampled_from(["client", "server"]))
def test_only_the_other_role_opens_it(rest, role):
    other = {"client": "server", "server": "client"}[role]
    datagram = side(role).wrap(HEADER, rest)
    assert side(other).unwrap(datagram) == (HEADER, rest)
    with pytest.raises(PacketError) as caught:
        side(role).unwrap(datagram)
    assert (caught.value.reason, caught.value.detail) == (
        Drop.UNWRAP,
        "tls-crypt unwrapping failed",
    )


def test_another_key_does_not_open_it():
    with pytest.raises(PacketError) as caught:
        side("server", key=KEY[::-1]).unwrap(side("client").wrap(HEADER, b"rest"))
    assert caught.value.reason is Drop.UNWRAP


def test_replay_is_named_after_its_wrap():
    peer, datagram = side("server"), side("client").wrap(HEADER, b"rest")
    peer.unwrap(datagram)
    with pytest.raises(PacketError) as caught:
        peer.unwrap(datagram)
    assert caught.value.detail == "tls-crypt unwrap error: #1 / time = (1000)"


def test_skipping_counts_a_packet():
    wrapper = side("server")
    wrapper.skip()
    assert wrapper.wrap(HEADER, b"rest")[9:13] == b"\0\0\0\2"


def test_vector_of_a_dynamic_key():
    """OpenVPN's own test: an exported key of 256 times 0xba, no static one, no header."""
    wrapped = TlsCrypt(b"\xba" * 256, 0, is_server=True).wrap(b"", b"1234567890")
    assert wrapped.hex() == (
        "0000000100000000e319277f1c8d6e6a7796a855337b9cfb56e1f13a870e6647dfa195c92c17a015"
        "ba4967a11d55ea1a06a7"
    )
