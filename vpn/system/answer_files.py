"""The files by which a script answers, at once or later [man: --auth-user-pass-verify].

control     `1` yes, `0` no, anything else: not yet
pending     seconds, a method, and a text for the client, a line each
reason      what AUTH_FAILED says
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

PREFIX = "openvpn_"


class AnswerFiles:
    """Some empty files that only we and our scripts can read; gone after `close`."""

    def __init__(self, directory: str | None, *kinds: str) -> None:
        self._paths: dict[str, Path] = {}
        for kind in kinds:
            descriptor, name = tempfile.mkstemp(prefix=f"{PREFIX}{kind}_", dir=directory)
            os.close(descriptor)
            self._paths[kind] = Path(name)

    def path(self, kind: str) -> str:
        """Where one of them is."""
        return str(self._paths[kind])

    def read(self, kind: str) -> str:
        """What stands in it now."""
        try:
            return self._paths[kind].read_text(encoding="utf-8", errors="replace")
        except OSError:
            return ""

    def write(self, kind: str, text: str) -> None:
        """Something for the script to read."""
        self._paths[kind].write_text(text, encoding="utf-8")

    def answer(self, kind: str = "control") -> bool | None:
        """Yes, no, or not yet."""
        return {"1": True, "0": False}.get(self.read(kind)[:1])

    @property
    def pending(self) -> tuple[int, str] | None:
        """How many seconds the client has to wait, and what it is told; None: nothing yet."""
        lines = self.read("pending").splitlines()
        if len(lines) < 3 or not lines[0].strip().isdecimal():
            return None
        return int(lines[0]), lines[2].strip()

    def close(self) -> None:
        """Remove them."""
        for path in self._paths.values():
            path.unlink(missing_ok=True)
        self._paths.clear()
