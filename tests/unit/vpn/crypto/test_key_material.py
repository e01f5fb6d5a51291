"""Key derivation: a whole exchange captured from the stock program."""

from __future__ import annotations

from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.key_material import data_keys, from_prf
from vpn.wire.key_method import KeySource
from vpn.wire.static_key import split

UNUSED = {"digest": "", "random_bytes": bytes, "unix_time": 0}


def test_whole_exchange():
    client = KeySource(
        bytes.fromhex(
            "3dc3164e46aa8d696a5638d6448e0cbc21863ae8336e238da4ff9a4048b67214"
            "1daa1869cefa3e2e8de0f7b7c130c495"
        ),
        bytes.fromhex("dc661cd0c21aae3614802d9f9c45194ba0653af0bf2f6e3e0a8d1623c902f7b0"),
        bytes.fromhex("864cec8959cb63ca0bcd3b939afada491b13a34ea1d6e798fb5727582f2bf52c"),
    )
    server = KeySource(
        b"",
        bytes.fromhex("9296d2f9fdde59d79b2124c218b947c84fbd9dc71917e82f3ed3909da6df5a8f"),
        bytes.fromhex("788d108cedc1785563d56b205b0cbba58071b468108aa2253c1930c6d7b3feb3"),
    )
    session_ids = bytes.fromhex("4600a2bd3d198ff1"), bytes.fromhex("546c055a37a1698c")
    up, down = split(from_prf(client, server, *session_ids))
    assert up.cipher[:32].hex() == (
        "76a1005db67ce74d03500b80f319a25f9902cb99f83248d742b1647acc0f75d8"
    )
    assert up.hmac.hex() == (
        "df0e241c1fed8dbf6ba27b15cf9932aa90e13ba3b7333781d148764989f540b0"
        "5c9dbea358c25d5d09764c57ca4c71bd3ffc8fc6946c62ef3b369ef51455e81f"
    )
    assert down.cipher[:32].hex() == (
        "b7b8e49622fab23bae5ddc3bd81e87cb7dde193100a8b969aada70ab472fa665"
    )
    assert down.hmac.hex() == (
        "2e7ac571652b0c469b4df7122fc202d242db047ae6c21b5c8b6505c55ead3954"
        "4963c0db701c565e193ecf13e95ec9dae02c2570664584ab4e18d4e95f5bc08a"
    )


def test_client_seals_with_the_first_key_and_server_with_the_second():
    material = bytes(range(256))
    cipher = DATA_CIPHERS["AES-256-GCM"]
    seal, _ = data_keys(material, cipher, is_server=False, **UNUSED)
    number = (1).to_bytes(4, "big")
    direct = cipher.aead(material[:32]).encrypt(number + material[64:72], b"text", number)
    assert seal.seal(b"\x30", 1, b"text") == b"\x30" + number + direct[-16:] + direct[:-16]
    seal, _ = data_keys(material, cipher, is_server=True, **UNUSED)
    direct = cipher.aead(material[128:160]).encrypt(number + material[192:200], b"text", number)
    assert seal.seal(b"\x30", 1, b"text") == b"\x30" + number + direct[-16:] + direct[:-16]
