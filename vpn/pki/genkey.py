"""What `vpn --genkey` makes: every kind of key that OpenVPN has, as the text of its file."""

from __future__ import annotations

import base64
import binascii
import os
import time
from collections.abc import Callable
from pathlib import Path

from vpn.crypto import auth_token, client_key
from vpn.errors import ConfigError
from vpn.pki import static_key
from vpn.pki.store import read
from vpn.wire import pem

SHARED = ("secret", "tls-auth", "tls-crypt")
SERVER, CLIENT, TOKEN = "tls-crypt-v2-server", "tls-crypt-v2-client", "auth-token"
KINDS = (*SHARED, SERVER, CLIENT, TOKEN)
WANTS_SERVER_KEY = "needs a server's key: --tls-crypt-v2 FILE"


def text(kind: str, server_key: Path | None = None, metadata: str | None = None) -> str:
    """A new key; a client's is made with the server's and carries metadata (base64)."""
    if kind == SERVER:
        return new_server_key()
    if kind == TOKEN:
        return pem.serialize(auth_token.PEM_NAME, os.urandom(auth_token.PEM_SIZE))
    if kind == CLIENT:
        if server_key is None:
            raise ConfigError(WANTS_SERVER_KEY, directive="genkey")
        return new_client_key(read(server_key), metadata)
    return static_key.generate()


def new_server_key(random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """The key that opens those of all clients; it stays on the server."""
    return pem.serialize(client_key.SERVER_NAME, random_bytes(client_key.SERVER_SIZE))


def new_client_key(
    server_text: bytes,
    metadata: str | None = None,
    random_bytes: Callable[[int], bytes] = os.urandom,
    clock: Callable[[], float] = time.time,
) -> str:
    """A key for one client. metadata: base64; without it the time is noted."""
    server = client_key.parse_server(server_text)
    noted = bytes((client_key.TIMESTAMP,)) + int(clock()).to_bytes(8, "big")
    if metadata is not None:
        try:
            noted = bytes((client_key.USER,)) + base64.b64decode(metadata, validate=True)
        except (binascii.Error, ValueError):
            raise ConfigError("the metadata must be base64", directive="genkey") from None
    if len(noted) > client_key.MAX_METADATA:
        most = client_key.MAX_METADATA - 1
        raise ConfigError(f"the metadata may have {most} bytes at most", directive="genkey")
    material = random_bytes(static_key.KEY_SIZE)
    return pem.serialize(client_key.CLIENT_NAME, material + server.wrap(material, noted))
