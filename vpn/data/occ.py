"""The in-tunnel control packets of the data channel: options check and exit notification.

Before: tunnel/shape.py Shape.packet
After: tunnel/carrier.py Carrier.decapsulate

    16   magic
    u8   operation: 0 request, 1 reply (then the options string), 6 exit      [draft: occ]
"""

from __future__ import annotations

MAGIC = bytes.fromhex("287f346bd4ef7a812d56b8d3afc5459c")
REQUEST, REPLY, EXIT = 0, 1, 6


def message(operation: int, text: str = "") -> bytes:
    """The payload of one message."""
    return MAGIC + bytes((operation,)) + (text.encode() + b"\x00" if text else b"")


def text(payload: bytes) -> str:
    """What stands behind the operation: an options string."""
    return payload[len(MAGIC) + 1 :].partition(b"\x00")[0].decode(errors="replace")


def operation(payload: bytes) -> int | None:
    """The operation of a payload that is one of these messages."""
    if len(payload) > len(MAGIC) and payload.startswith(MAGIC):
        return payload[len(MAGIC)]
    return None
