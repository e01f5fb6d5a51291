"""Unit tests do the same on every machine: hypothesis takes the same examples, however long."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("unit", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("unit")
