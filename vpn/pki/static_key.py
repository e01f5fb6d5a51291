"""New static keys: what tls-auth and tls-crypt share, in the reference's text form.

# 2048 bit OpenVPN static key
-----BEGIN OpenVPN Static key V1-----
16 lines of 32 hexadecimal digits
-----END OpenVPN Static key V1-----
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from vpn.pki.store import PRIVATE, PkiError, write

KEY_SIZE = 256
BYTES_PER_LINE = 16


def generate(random_bytes: Callable[[int], bytes] = os.urandom) -> str:
    """A new key as text."""
    key = random_bytes(KEY_SIZE)
    lines = [key[at : at + BYTES_PER_LINE].hex() for at in range(0, KEY_SIZE, BYTES_PER_LINE)]
    return "\n".join(
        (
            "#",
            "# 2048 bit OpenVPN static key",
            "#",
            "-----BEGIN OpenVPN Static key V1-----",
            *lines,
            "-----END OpenVPN Static key V1-----",
            "",
        )
    )


def write_new(path: Path | str) -> str:
    """Write a new key to a file for its owner only; a file that is there is never replaced."""
    path = Path(path)
    if path.exists():
        raise PkiError(f"{path} is there already: a key that is in use must not get lost")
    text = generate()
    write(path, text.encode(), PRIVATE)
    return text
