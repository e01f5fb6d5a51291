"""Keys in the reference's text form: a named block of base64.

-----BEGIN OpenVPN tls-crypt-v2 server key-----
lines of 64 characters
-----END OpenVPN tls-crypt-v2 server key-----
"""

from __future__ import annotations

import base64
import binascii

LINE = 64


def serialize(name: str, contents: bytes) -> str:
    """The block as text."""
    text = base64.b64encode(contents).decode()
    lines = [text[at : at + LINE] for at in range(0, len(text), LINE)]
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----"]) + "\n"


def parse(name: str, text: bytes) -> bytes | None:
    """What the first block of this name holds; None if there is none that can be read."""
    head, foot = f"-----BEGIN {name}-----", f"-----END {name}-----"
    _, found, after = text.decode("ascii", "replace").partition(head)
    inner, ended, _ = after.partition(foot)
    if not found or not ended:
        return None
    try:
        return base64.b64decode("".join(inner.split()), validate=True)
    except (binascii.Error, ValueError):
        return None
