"""The earliest of several deadlines, any of which may be absent."""

from __future__ import annotations


def earliest(*deadlines: float | None) -> float | None:
    """The minimum of those that are set."""
    first = None
    for deadline in deadlines:
        if deadline is not None and (first is None or deadline < first):
            first = deadline
    return first
