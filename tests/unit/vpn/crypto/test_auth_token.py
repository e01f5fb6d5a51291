"""Tokens that stand for a password."""

from __future__ import annotations

import base64

from vpn.crypto import auth_token
from vpn.crypto.auth_token import AuthToken

KEY = bytes(32)
USER = "test user name"
KNOWN = (
    "SESS_ID_AT_0123456789abcdefAAAAAAAAAAAAAAAAAAAAAE5JsQJOVfo8jnI3RL3tBaR5NkE4yPfcylFUHmHSc5Bu"
)


def test_known_answer():
    token = auth_token.parse(KNOWN, USER, KEY)
    assert token == AuthToken(base64.b64decode("0123456789abcdef"), 0, 0)
    assert token.serialize(USER, KEY) == KNOWN


def test_a_token_is_for_one_user_and_one_key():
    assert auth_token.parse(KNOWN, "another", KEY) is None
    assert auth_token.parse(KNOWN, USER, bytes([1]) * 32) is None


def test_what_is_no_token():
    for text in ("", "SESS_ID_AT_", KNOWN[:-4], KNOWN[:-1] + "!", KNOWN + "AAAA", "SESS_ID_AT_é"):
        assert auth_token.parse(text, USER, KEY) is None


def test_key_file():
    body = base64.encodebytes(bytes(range(128))).decode()
    name = "OpenVPN auth-token server key"
    pem = f"-----BEGIN {name}-----\n{body}-----END {name}-----\n".encode()
    assert auth_token.key_of_pem(pem) == bytes(range(64, 96))
    assert auth_token.key_of_pem(pem.replace(b"auth-token", b"other")) is None
    assert auth_token.key_of_pem(b"") is None
