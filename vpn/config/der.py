"""How many bits Diffie-Hellman parameters have: the little DER that this takes.

SEQUENCE { INTEGER p, INTEGER g }      PKCS #3, base64 between PEM lines
"""

from __future__ import annotations

import binascii
import re

SEQUENCE, INTEGER = 0x30, 0x02
PEM = re.compile(rb"-----BEGIN (?:X9\.42 )?DH PARAMETERS-----(.*?)-----END ", re.DOTALL)


def dh_bits(pem: bytes) -> int | None:
    """The size of the prime; None if this is not such a file."""
    found = PEM.search(pem)
    if found is None:
        return None
    try:
        sequence = _value(binascii.a2b_base64(found[1]), SEQUENCE)
        prime = _value(sequence, INTEGER)
    except (ValueError, IndexError):
        return None
    return int.from_bytes(prime, "big").bit_length()


def _value(data: bytes, tag: int) -> bytes:
    """The contents of the first element, which must have this tag."""
    if data[0] != tag:
        raise ValueError("another tag")
    length, at = data[1], 2
    if length & 0x80:
        at += length & 0x7F
        length = int.from_bytes(data[2:at], "big")
    if len(data) < at + length:
        raise ValueError("cut short")
    return data[at : at + length]
