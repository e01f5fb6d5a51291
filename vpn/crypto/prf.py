"""The pseudo-random function of key method 2: that of TLS 1.0 (RFC 2246 section 5).

MD5 and SHA1 stand here because the protocol says so; the secret's strength does not rest on them.
"""

from __future__ import annotations

import hmac


def _expand(digest: str, secret: bytes, seed: bytes, size: int) -> bytes:
    out, chain = b"", seed
    while len(out) < size:
        chain = hmac.digest(secret, chain, digest)
        out += hmac.digest(secret, chain + seed, digest)
    return out[:size]


def tls1_prf(secret: bytes, seed: bytes, size: int) -> bytes:
    """`size` bytes from `secret` and `seed` (the label stands at the seed's front)."""
    half = (len(secret) + 1) // 2
    md5 = _expand("md5", secret[:half], seed, size)
    sha1 = _expand("sha1", secret[len(secret) - half :], seed, size)
    return bytes(a ^ b for a, b in zip(md5, sha1, strict=True))
