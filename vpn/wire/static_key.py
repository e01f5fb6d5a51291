"""Static key files, and the split of 256 key bytes into two directions.

-----BEGIN OpenVPN Static key V1-----
16 lines of 32 hex digits
-----END OpenVPN Static key V1-----

bytes   0..64   64..128   128..192   192..256
        cipher  HMAC      cipher     HMAC         [draft: key-material]
        keys[0]           keys[1]
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from vpn.errors import ConfigError

KEY_SIZE = 256
SLOT_SIZE = 64
BEGIN = "-----BEGIN OpenVPN Static key V1-----"
END = "-----END OpenVPN Static key V1-----"


@dataclass(frozen=True, slots=True)
class DirectionKey:
    """One direction: 64 bytes for the cipher, 64 for the HMAC; each algorithm takes a prefix."""

    cipher: bytes = field(repr=False)
    hmac: bytes = field(repr=False)


def split(material: bytes) -> tuple[DirectionKey, DirectionKey]:
    """256 bytes -> (keys[0], keys[1])."""
    if len(material) != KEY_SIZE:
        raise ValueError(f"{KEY_SIZE} bytes of key material expected, not {len(material)}")
    cuts = [material[at : at + SLOT_SIZE] for at in range(0, KEY_SIZE, SLOT_SIZE)]
    return DirectionKey(cuts[0], cuts[1]), DirectionKey(cuts[2], cuts[3])


def by_direction(material: bytes, direction: int | None) -> tuple[DirectionKey, DirectionKey]:
    """(send, receive) for a key-direction: 0 sends keys[0], 1 sends keys[1], None uses keys[0]."""
    first, second = split(material)
    if direction is None:
        return first, first
    return (first, second) if direction == 0 else (second, first)


def parse(text: bytes, directive: str) -> bytes:
    """The 256 bytes of a key file's contents; ConfigError names the directive it came from."""
    match = re.search(
        re.escape(BEGIN) + r"(.*?)" + re.escape(END), text.decode("latin-1"), re.DOTALL
    )
    if not match:
        raise ConfigError(f'no "{BEGIN}" … "{END}" block in the key file', directive=directive)
    digits = "".join(match[1].split())
    try:
        material = bytes.fromhex(digits)
    except ValueError:
        raise ConfigError(
            "the key file holds characters that are not hex", directive=directive
        ) from None
    if len(material) != KEY_SIZE:
        raise ConfigError(
            f"the key file holds {len(material)} bytes, not {KEY_SIZE}", directive=directive
        )
    return material


def serialize(material: bytes) -> str:
    """The text of a key file."""
    lines = [material[at : at + 16].hex() for at in range(0, KEY_SIZE, 16)]
    comment = ["#", "# 2048 bit OpenVPN static key", "#"]
    return "\n".join([*comment, BEGIN, *lines, END]) + "\n"
