"""tls-crypt-v2 keys: the vectors of OpenVPN's own tests, and what is refused."""

from __future__ import annotations

import base64

import pytest

from vpn.crypto import client_key
from vpn.crypto.client_key import ServerKey
from vpn.errors import ConfigError
from vpn.wire import pem

RAW = bytes(range(128))
SERVER = ServerKey.of(RAW)
MATERIAL = bytes(range(256))
BY_TIME = bytes.fromhex(
    "177da5c074a94619b16be4acb71f1a6ccf24f33c6bbaf498459d5f06c369d4952c78396efd93c2598f4771e068cafca3"
    "d2d387d87151392b1f74b43df29137072ca3ceae6bf741153c97b0cf6d8386b0ddd4baa201fd024693fa44510e035c29"
    "691009bc2624ad8995f9171c1c1b02d9a7efc02436e868e90085a8276a19a6f7ce1daf85e16a18c3dd1a9ba46c5ad3de"
    "b70edd52f151e1be45dcd788c4c2a494a8bc504fd650e46306093e7cfa75a1218f44f3277055aeef56dc2a68b5d36dee"
    "ed3d927c407e90b18edacfdec7a6b037b0fe04c1b5c7d0fcea131721479cde64459faad7b482e276dadcfa7cfc5b34fa"
    "149bbf6b49a33a03f1212516aed221626c7224d887cabc7f9c90c6376de16c6efd9e70b4f080674b4ece3e08b5323bed"
    "f04e6114df11acb31e012b"
)
BY_USER = bytes.fromhex(
    "69eda75582aa170b8c9418fe28248cdb7761bea2d277aa1647eb3a9d94083733e91489b4f2d96ef38e2941e4daac313d"
    "852c1429f3fc8595ebf6622d1ada6f35294bca123751d2e8feeaa8076b1ca81f8554c76ac7527f651d3133c2ec70609c"
    "ff4b97416128dd21eef4b36dbb7b40cef01fd9abd5e71cfccb744985b6969c0068939b6064f293a8538169b483f30baf"
    "0a2b2eb7b34ea507059cd5b2ef8b0f2a8b58ad65cc935deba32e34eb060386057db0ac0e1f27dc7f82c3593960d0590d"
    "86093ad55480159785e3babe0a0e9aa0dd234740437855a3d0c4f9290216381f978158db22c487d655659ae5d5e0f53b"
    "087f5f5efc0a41eb049625f4b3504b24042a50c65b004b43fa58deab6372daf7a55eb630f41d068fb595cb230c225540"
    "0e9753296d6ace0129"
)


@pytest.mark.parametrize(
    ("metadata", "wrapped"),
    [(b"\1" + bytes(8), BY_TIME), (b"\0" + base64.b64decode("AABBCCDD"), BY_USER)],
)
def test_vectors(metadata, wrapped):
    assert SERVER.wrap(MATERIAL, metadata) == wrapped
    assert SERVER.unwrap(wrapped) == (MATERIAL, metadata)


def test_bent_or_foreign_keys_are_not_opened():
    for at in range(len(BY_TIME)):
        bent = bytearray(BY_TIME)
        bent[at] ^= 1
        assert SERVER.unwrap(bytes(bent)) is None
    assert ServerKey.of(RAW[::-1]).unwrap(BY_TIME) is None
    assert SERVER.unwrap(BY_TIME[:100]) is None


def test_a_key_is_cut_off_the_end_of_a_packet():
    assert client_key.cut(b"packet" + BY_TIME) == (b"packet", BY_TIME)
    assert client_key.cut(BY_TIME[1:]) is None
    assert client_key.cut(b"") is None


def test_files():
    client = pem.serialize(client_key.CLIENT_NAME, MATERIAL + BY_TIME).encode()
    assert client_key.parse_client(client) == (MATERIAL, BY_TIME)
    assert client_key.parse_server(pem.serialize(client_key.SERVER_NAME, RAW).encode()) == SERVER
    for parse in (client_key.parse_server, client_key.parse_client):
        with pytest.raises(ConfigError, match="tls-crypt-v2: no "):
            parse(b"-----BEGIN nothing-----")
