"""Key derivation: the PRF's vector, and a whole exchange captured from the stock program."""

from __future__ import annotations

from vpn.crypto.key_material import from_prf
from vpn.crypto.prf import tls1_prf
from vpn.wire.key_method import KeySource
from vpn.wire.static_key import split

SECRET = (
    b"Lorem ipsum dolor sit amet, consectetur adipisici elit, sed eiusmod tempor incidunt ut "
    b"labore et dolore magna aliqua."
)
SEED = b"Quis aute iure reprehenderit in voluptate velit esse cillum dolore"


def test_prf():
    expected = "d98c8518c85e946927916acfc2d592fbb1567e4b4b1459e6a904ac2ddab72d67"
    assert tls1_prf(SECRET, SEED, 32).hex() == expected


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
    assert up.hmac.hex().startswith("df0e241c1fed8dbf6ba27b15cf9932aa90e13ba3b7333781")
    assert down.cipher[:32].hex() == (
        "b7b8e49622fab23bae5ddc3bd81e87cb7dde193100a8b969aada70ab472fa665"
    )
    assert down.hmac.hex().endswith("95ec9dae02c2570664584ab4e18d4e95f5bc08a")
