"""Decimal numbers in a peer's texts: read without trusting that they are numbers at all."""

from __future__ import annotations

MAX_DIGITS = 10


def decimal(text: str) -> int | None:
    """The number; None for anything but one to ten ASCII digits ("²" is a digit to Python)."""
    is_number = text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS
    return int(text) if is_number else None
