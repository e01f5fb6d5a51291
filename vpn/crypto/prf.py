"""The pseudo-random function of key method 2: that of TLS 1.0 (RFC 2246 section 5).

TLS 1.2 has `p_hash` alone, with one digest (RFC 5246 section 5).

MD5 and SHA1 stand here because the protocol says so; the secret's strength does not rest on them.
"""

from __future__ import annotations

import hmac


def tls1_prf(secret: bytes, seed: bytes, size: int) -> bytes:
    """`size` bytes from `secret` and `seed` (the label stands at the seed's front)."""
    half = (len(secret) + 1) // 2
    md5 = p_hash("md5", secret[:half], seed, size)
    sha1 = p_hash("sha1", secret[len(secret) - half :], seed, size)
    return bytes(a ^ b for a, b in zip(md5, sha1, strict=True))


def p_hash(digest: str, secret: bytes, seed: bytes, size: int) -> bytes:
    """`size` bytes from `secret` and `seed`, with one digest (`hashlib`'s name)."""
    out, chain = b"", seed
    while len(out) < size:
        chain = hmac.digest(secret, chain, digest)
        out += hmac.digest(secret, chain + seed, digest)
    return out[:size]
