"""Unit tests do the same on every machine: hypothesis takes the same examples, however long."""

from __future__ import annotations

import logging

import pytest
from hypothesis import settings

settings.register_profile("unit", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("unit")


@pytest.fixture
def lines(caplog):
    """The log from `verb 3` on."""
    caplog.set_level(logging.INFO, logger="vpn")
    return caplog
