"""AEAD data packets: the stock program's vector, and every bit that may not change."""

from __future__ import annotations

import pytest

from vpn.crypto.ciphers import AEADS, DATA_CIPHERS
from vpn.crypto.key_material import data_keys
from vpn.errors import Drop, PacketError

BASE = b"abcdefgh01234567ABCDEFGHjkuchenl"
MATERIAL = bytes(BASE[i % 32] ^ (i & 0xFF) for i in range(256))
PLAIN = b"The quick little fox jumps over the bureaucratic hurdles"
HEADER = bytes.fromhex("07000017")


def keys(cipher: str, *, is_server: bool):
    return data_keys(
        MATERIAL,
        DATA_CIPHERS[cipher],
        is_server=is_server,
        digest="",
        random_bytes=bytes,
        unix_time=0,
    )


def test_known_packet():
    send, _ = keys("AES-256-GCM", is_server=False)
    assert send.seal(HEADER, 1, PLAIN).hex() == (
        "07000017000000011fdd908f0e9dc25e79d832020d58e73f2262f977d6bb2118fa0ea82e6b1706d949aefcb5"
        "efcbbacd5c09a9ab45f4d391d3f68794cb0b82c3d33389b61622b3281598e2ff6d5cc38b"
    )


@pytest.mark.parametrize("cipher", [cipher.name for cipher in AEADS])
@pytest.mark.parametrize("header", [HEADER, b"\x30"], ids=["v2", "v1"])
def test_each_side_opens_what_the_other_sealed(cipher, header):
    client, server = keys(cipher, is_server=False), keys(cipher, is_server=True)
    for sender, receiver in ((client[0], server[1]), (server[0], client[1])):
        assert receiver.open(sender.seal(header, 7, PLAIN), len(header)) == (7, PLAIN)


def test_no_bit_may_change():
    send, receive = keys("AES-128-GCM", is_server=False)[0], keys("AES-128-GCM", is_server=True)[1]
    sealed = send.seal(HEADER, 1, b"payload")
    for bit in range(len(sealed) * 8):
        bent = bytearray(sealed)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises(PacketError) as caught:
            receive.open(bytes(bent), 4)
        assert caught.value.reason is Drop.AUTH


def test_short_packets_are_malformed():
    _, receive = keys("AES-256-GCM", is_server=False)
    with pytest.raises(PacketError) as caught:
        receive.open(bytes(23), 4)
    assert caught.value.reason is Drop.MALFORMED
