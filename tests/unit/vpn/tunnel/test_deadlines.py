"""The earliest of several deadlines."""

from __future__ import annotations

from vpn.tunnel.deadlines import earliest


def test_absent_ones_are_passed_over():
    assert earliest(None, 3, 2, None) == 2
    assert earliest(0.0, 5) == 0.0  # 0 is a time, not an absence


def test_none_at_all():
    assert earliest() is None
    assert earliest(None, None) is None
