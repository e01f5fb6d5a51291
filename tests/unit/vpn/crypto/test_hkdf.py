"""HKDF-Expand-Label."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from vpn.crypto.hkdf import expand_label

PRK = bytes.fromhex("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")


def test_labels_expand_as_in_the_stock_program():
    assert expand_label(PRK, b"ovpn unit test", 27).hex() == (
        "875a8eec18556380b8d933ed323c2df8e8eccf4972e683f06a83ac"
    )
    assert expand_label(PRK, b"ovpn unit test", 16).hex() == "185eaa1c7f228ab8eb29773214d92046"
    secret = bytes.fromhex("130c") + bytes(30)
    assert expand_label(secret, b"ovpn data_key", 24).hex() == (
        "ed8533db1c28ace418e9006ab29c17417d60ebe6cd90bf0a"
    )


@pytest.mark.parametrize(("name", "digest"), [("sha256", hashes.SHA256), ("sha384", hashes.SHA384)])
@pytest.mark.parametrize("size", [1, 32, 33, 200])
def test_with_a_context_it_is_that_of_another_implementation(name, digest, size):
    label, context = b"tls13 exporter", bytes(48)
    info = size.to_bytes(2, "big") + b"\x0e" + label + b"\x30" + context
    expected = HKDFExpand(digest(), size, info).derive(PRK)
    assert expand_label(PRK, label, size, digest=name, context=context) == expected
