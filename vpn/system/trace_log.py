"""The tracer that writes: one JSON object a line, for labs and for debugging [--trace-log]."""

from __future__ import annotations

import json
import os
import time
from typing import Any

from vpn.errors import SystemFailure
from vpn.system.link import explain


class TraceLog:
    """Appends to a file; a full disk ends the trace, not the tunnel."""

    def __init__(self, path: str) -> None:
        self.enabled = True
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        try:
            self._descriptor = os.open(path, flags, 0o600)
        except OSError as problem:
            raise SystemFailure(f"trace-log: cannot write {path}: {explain(problem)}") from problem

    def record(self, event: str, now: float, **fields: Any) -> None:
        """One line: the wall clock, the core's clock, the event, its fields; bytes as hex."""
        if not self.enabled:
            return
        line = {"time": round(time.time(), 6), "clock": round(now, 6), "event": event, **fields}
        try:
            # Unbuffered: a reader follows it, and a crash loses nothing.
            os.write(self._descriptor, (json.dumps(line, default=_plain) + "\n").encode())
        except OSError:
            self.enabled = False

    def close(self) -> None:
        """Close the file; it stays."""
        self.enabled = False
        os.close(self._descriptor)


def _plain(value: object) -> str:
    return bytes(value).hex() if isinstance(value, bytes | bytearray | memoryview) else str(value)
