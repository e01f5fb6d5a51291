"""Keys out of a secret by name: HKDF-Expand-Label of TLS 1.3 (RFC 8446 section 7.1).

    info   u16 size | u8 n, label | u8 n, context
    T(i)   HMAC(secret, T(i-1) | info | u8 i)                          (RFC 5869 section 2.3)

TLS puts "tls13 " before its labels, OpenVPN "ovpn ".
"""

from __future__ import annotations

import hmac


def expand_label(
    secret: bytes, label: bytes, size: int, *, digest: str = "sha256", context: bytes = b""
) -> bytes:
    """`size` bytes. label: with what stands before it; digest: `hashlib`'s name."""
    info = size.to_bytes(2, "big") + bytes((len(label),)) + label + bytes((len(context),)) + context
    out = block = b""
    number = 0
    while len(out) < size:
        number += 1
        block = hmac.digest(secret, block + info + bytes((number,)), digest)
        out += block
    return out[:size]
