"""The earliest of several deadlines, any of which may be absent."""

from __future__ import annotations


def earliest(*deadlines: float | None) -> float | None:
    """The minimum of those that are set."""
    return min((deadline for deadline in deadlines if deadline is not None), default=None)
