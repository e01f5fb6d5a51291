"""A program running in a node: its readiness, its log, its end.

It is a child of the sandbox, not of whoever started it: it goes on when the caller ends, and ends
with the sandbox.
"""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netns.errors import NetnsError
from netns.state import ProcessId
from netns.wait import wait_for

if TYPE_CHECKING:
    from netns.rpc import Caller

TERM_SECONDS = 5.0
KILL_SECONDS = 5.0
LAST_LINES = 12


class Process:
    """A program that `Node.start` started."""

    def __init__(
        self, caller: Caller, facts: dict[str, Any], ready: str | re.Pattern[str] | None
    ) -> None:
        self._caller = caller
        self._identity = ProcessId(facts["pid"], facts["start_time"])
        self._ready = ready
        self.node: str = facts["node"]
        self.name: str = facts["name"]
        self.argv: list[str] = facts["argv"]
        self.started: float = facts["started"]
        self.log_path = Path(facts["log"])

    def __repr__(self) -> str:
        return f"<Process {self.node}/{self.name} pid {self.pid}>"

    @property
    def pid(self) -> int:
        """The host's number of the process."""
        return self._identity.pid

    @property
    def alive(self) -> bool:
        return self._identity.is_alive

    @property
    def is_stopped(self) -> bool:
        """Is it alive and stands still, after SIGSTOP?"""
        return self._identity.is_stopped

    @property
    def exit_code(self) -> int | None:
        """How it ended (minus the signal's number, if by one); None while it runs."""
        for facts in self._caller.call("processes"):
            if (facts["pid"], facts["start_time"]) == (self.pid, self._identity.start_time):
                code: int | None = facts["exit_code"]
                return code
        return None

    # --- its log ------------------------------------------------------------------------------

    def log_text(self) -> str:
        """Everything it has printed, both streams in order."""
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def wait_ready(self, timeout: float = 10.0) -> Process:
        """Wait for the line that was given to `start`; an early end is reported with its log."""
        if self._ready is not None:
            self.wait_log(self._ready, timeout)
        return self

    def wait_log(
        self,
        pattern: str | re.Pattern[str],
        timeout: float = 10.0,
        *,
        is_daemon: bool = True,
    ) -> re.Match[str]:
        """Wait until the log holds the text, or matches the pattern.

        A program that may be a daemon is waited for also when it has ended well: its child may go
        on to print the line.
        """
        wanted = re.compile(re.escape(pattern)) if isinstance(pattern, str) else pattern
        text = pattern if isinstance(pattern, str) else pattern.pattern
        what = f"{self.node}: {self.name} to print {text!r}"

        def printed() -> re.Match[str] | None:
            was_alive = self.alive
            found = wanted.search(self.log_text())
            if found is None and not was_alive and not (is_daemon and self.exit_code == 0):
                raise NetnsError(f"{what}: it ended instead", self._last_words())
            return found

        found = wait_for(printed, timeout, what)
        assert found is not None
        return found

    def _last_words(self) -> str:
        lines = self.log_text().strip().splitlines()[-LAST_LINES:]
        return "it printed nothing" if not lines else "its last lines:\n  " + "\n  ".join(lines)

    # --- its end ------------------------------------------------------------------------------

    def send_signal(self, number: int) -> bool:
        """Send a signal; False when the process has ended already."""
        return self._identity.send_signal(number)

    def wait(self, timeout: float = 10.0) -> int | None:
        """Wait until it has ended; return its exit code."""
        if not self._identity.wait_gone(timeout):
            raise NetnsError(f"{self.node}: {self.name} to end: not within {timeout:g} s")
        return self.exit_code

    def stop(self, timeout: float = TERM_SECONDS) -> int | None:
        """Ask it to end (SIGTERM), and kill it if it does not."""
        self.send_signal(signal.SIGTERM)
        if not self._identity.wait_gone(timeout):
            return self.kill()
        return self.exit_code

    def kill(self) -> int | None:
        """End it at once (SIGKILL)."""
        self.send_signal(signal.SIGKILL)
        return self.wait(KILL_SECONDS)
