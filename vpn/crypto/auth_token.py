"""Tokens that stand for a password: who, since when, renewed when, sealed with an HMAC.

    SESS_ID_AT_ + base64 of
     0        12       20       28                 60
     | session | since  | renewed | HMAC-SHA256 of user name and the 28 bytes before |

[man: --auth-gen-token]
"""

from __future__ import annotations

import base64
import binascii
import hmac
import struct
from dataclasses import dataclass

PREFIX = "SESS_ID_AT_"
SESSION_SIZE = 12
KEY_SIZE = 32
_BODY = struct.Struct(">12sQQ")
PEM_NAME = "OpenVPN auth-token server key"
PEM_SIZE = 128
PEM_KEY = slice(64, 64 + KEY_SIZE)


@dataclass(frozen=True, slots=True)
class AuthToken:
    """What a token says. Times are unix seconds."""

    session: bytes
    since: int
    renewed: int

    def serialize(self, username: str, key: bytes) -> str:
        """The token as the client keeps it."""
        body = _BODY.pack(self.session, self.since, self.renewed)
        return PREFIX + base64.b64encode(body + _seal(username, body, key)).decode()


def parse(text: str, username: str, key: bytes) -> AuthToken | None:
    """A token of ours for this user; None if it is not."""
    try:
        raw = base64.b64decode(text.removeprefix(PREFIX), validate=True)
        body = raw[: _BODY.size]
        session, since, renewed = _BODY.unpack(body)
    except (binascii.Error, ValueError, struct.error):
        return None
    if not hmac.compare_digest(raw[_BODY.size :], _seal(username, body, key)):
        return None
    return AuthToken(session, since, renewed)


def key_of_pem(pem: bytes) -> bytes | None:
    """The key of an `auth-gen-token-secret` file; None if it holds none."""
    head, foot = f"-----BEGIN {PEM_NAME}-----", f"-----END {PEM_NAME}-----"
    inner = pem.decode("ascii", "replace").partition(head)[2].partition(foot)[0]
    try:
        raw = base64.b64decode("".join(inner.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
    return raw[PEM_KEY] if len(raw) == PEM_SIZE else None


def _seal(username: str, body: bytes, key: bytes) -> bytes:
    return hmac.digest(key, username.encode() + body, "sha256")
