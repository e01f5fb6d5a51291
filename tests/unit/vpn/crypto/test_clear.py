"""Data packets that nobody encrypts."""

from __future__ import annotations

import hmac

import pytest

from vpn.crypto.clear import ClearKey
from vpn.crypto.mac import Mac
from vpn.errors import Drop, PacketError

HEADER = bytes.fromhex("48000007")


def test_with_a_digest_it_is_hmac_packet_id_payload():
    key = ClearKey(Mac("sha256", bytes(64)))
    body = bytes([0, 0, 0, 9]) + b"text"
    sealed = key.seal(HEADER, 9, b"text")
    assert sealed == HEADER + hmac.digest(bytes(32), body, "sha256") + body
    assert key.open(sealed, 4) == (9, b"text")
    for at in range(4, len(sealed)):
        with pytest.raises(PacketError) as caught:
            key.open(sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :], 4)
        assert caught.value.reason is Drop.AUTH


def test_without_one_the_packet_id_is_all():
    key = ClearKey(Mac("", bytes(64)))
    assert key.seal(b"\x30", 9, b"text") == b"\x30\x00\x00\x00\x09text"
    assert key.open(b"\x30\x00\x00\x00\x09text", 1) == (9, b"text")
    with pytest.raises(PacketError) as caught:
        key.open(bytes(4), 1)
    assert caught.value.reason is Drop.MALFORMED
