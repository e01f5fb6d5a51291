"""Keys of every kind, as their users read them."""

from __future__ import annotations

import base64

import pytest

from vpn.crypto import auth_token, client_key
from vpn.errors import ConfigError
from vpn.pki import genkey
from vpn.wire import static_key


@pytest.mark.parametrize("kind", genkey.SHARED)
def test_a_shared_key(kind):
    assert len(static_key.parse(genkey.text(kind).encode(), kind)) == 256


def test_a_key_for_tokens():
    assert len(auth_token.key_of_pem(genkey.text(genkey.TOKEN).encode())) == auth_token.KEY_SIZE


@pytest.mark.parametrize(
    ("metadata", "noted"),
    [(None, b"\1" + (1000).to_bytes(8, "big")), (base64.b64encode(b"alice").decode(), b"\0alice")],
)
def test_a_clients_key_is_opened_by_the_server(metadata, noted):
    server = genkey.text(genkey.SERVER).encode()
    text = genkey.new_client_key(server, metadata, clock=lambda: 1000.5)
    material, wrapped = client_key.parse_client(text.encode())
    assert client_key.parse_server(server).unwrap(wrapped) == (material, noted)


def test_what_is_no_metadata():
    server = genkey.new_server_key().encode()
    with pytest.raises(ConfigError, match="base64"):
        genkey.new_client_key(server, "?")
    with pytest.raises(ConfigError, match="733 bytes"):
        genkey.new_client_key(server, base64.b64encode(bytes(734)).decode())
    with pytest.raises(ConfigError, match="needs a server's key"):
        genkey.text(genkey.CLIENT)
