"""The program `lab` as a user runs it, with a place of its own for its state."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
SECONDS = 60


class LabProgram:
    """`lab = LabProgram(tmp_path)`; then `lab("up")` is `lab up`."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.state = place / "vpnlab"
        paths = (str(REPOSITORY), os.environ.get("PYTHONPATH", ""))
        self.environment = {
            **os.environ,
            "XDG_RUNTIME_DIR": str(place),
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
        }

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "labs", *words]

    def __call__(self, *words: str, status: int | None = 0, **options):
        """Run it to its end; its exit status is what is expected."""
        done = subprocess.run(
            self.argv(*words),
            **{"cwd": self.place, "env": self.environment, "timeout": SECONDS, **options},
            capture_output=True,
            text=True,
            check=False,
        )
        if status is not None:
            assert done.returncode == status, f"lab {' '.join(words)}: {done.stdout}{done.stderr}"
        return done

    def json(self, *words: str, status: int | None = 0):
        return json.loads(self(*words, "--json", status=status).stdout)

    def refusal(self, *words: str) -> str:
        """What it says when it refuses: one line, on stderr, status 1."""
        done = self(*words, status=1)
        last = done.stderr.splitlines()[-1]
        assert last.startswith("lab: ")
        assert "Traceback" not in done.stderr
        return last.removeprefix("lab: ")

    def processes(self) -> dict[int, str]:
        """Every process that was begun by this program or is in a lab of it, by pid."""
        mark = f"XDG_RUNTIME_DIR={self.place}".encode()
        found = {}
        for directory in Path("/proc").iterdir():
            if not directory.name.isdecimal():
                continue
            try:
                if mark in (directory / "environ").read_bytes().split(b"\0"):
                    words = (directory / "cmdline").read_bytes().split(b"\0")
                    found[int(directory.name)] = b" ".join(words).decode(errors="replace")
            except OSError:
                continue
        found.pop(os.getpid(), None)
        return found

    def left_over(self) -> list[str]:
        """The files and processes that are there."""
        files = [str(path) for path in self.state.iterdir()] if self.state.exists() else []
        return [*files, *self.processes().values()]
