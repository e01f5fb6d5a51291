"""The simulator's tests read the log down to its milestones."""

from __future__ import annotations

import pytest

from vpn.trace import NOTICE


@pytest.fixture(autouse=True)
def milestones(caplog):
    """Keep log records from NOTICE on."""
    caplog.set_level(NOTICE, logger="vpn")
