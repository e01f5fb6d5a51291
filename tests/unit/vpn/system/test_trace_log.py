"""The trace as JSON lines."""

from __future__ import annotations

import json

import pytest

from vpn.errors import SystemFailure
from vpn.system.trace_log import TraceLog


def test_one_object_a_line_bytes_as_hex(tmp_path):
    path = tmp_path / "trace"
    trace = TraceLog(str(path))
    trace.record("sealed", 12.5, packet=b"\x01\xff", packet_id=7)
    trace.record("dropped", 13.0, reason="replay")
    first, second = map(json.loads, path.read_text().splitlines())
    assert first["clock"] == 12.5
    assert first["packet"] == "01ff"
    assert first["packet_id"] == 7
    assert second["event"] == "dropped"
    assert path.stat().st_mode & 0o777 == 0o600
    trace.close()


def test_a_full_disk_ends_the_trace_only():
    trace = TraceLog("/dev/full")
    for _ in range(3):
        trace.record("sealed", 1.0)
    assert not trace.enabled


def test_a_file_that_cannot_be_is_one_line(tmp_path):
    with pytest.raises(SystemFailure, match="trace-log: cannot write"):
        TraceLog(str(tmp_path / "no" / "trace"))
