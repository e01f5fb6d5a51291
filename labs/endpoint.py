"""One end of the tunnel: a VPN program that runs on a node, and what its log says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from labs.build import DeadlinePassed, NetnsError
from labs.clock import Clock
from labs.errors import LabError
from labs.program import PROGRAMS

if TYPE_CHECKING:
    from labs.build import Process, RunningNode

PROCESS = "vpn"
UP = "Initialization Sequence Completed"
ATTEMPT = " link remote: "

# Said on the way down or round again; UP after the last of these means the tunnel stands.
DOWN_AGAIN = re.compile(r"process (restarting|exiting)")  # a server's "client-instance" is another
TROUBLE = re.compile(
    r"(?<!-)error\b|failed|cannot|can't|refused|unsupported|must |AUTH_FAILED|WARNING|FATAL"
    r"|not found",
    re.IGNORECASE,
)
STAMP = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d (us=\d+ )?")


class Endpoint:
    """A node's VPN, whether it runs or not."""

    def __init__(
        self,
        node: RunningNode,
        role: str,
        program: str,
        config: Path,
        clock: Clock = Clock(),  # noqa: B008 - it is frozen
    ) -> None:
        self.node = node
        self.role = role
        self.program = program
        self.config = config
        self.clock = clock

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def directory(self) -> Path:
        return self.config.parent

    @property
    def process(self) -> Process | None:
        """The process that was started last; None before the first."""
        return self.node.processes().get(PROCESS)

    @property
    def is_alive(self) -> bool:
        process = self.process
        return process is not None and process.alive

    def start(self) -> Process:
        """Start the program; `wait_up` waits until it has done its work."""
        program = PROGRAMS[self.program]
        if reason := program.missing():
            raise LabError(
                f"{self.name}: {self.program} cannot run", reason, "sudo apt install openvpn"
            )
        return self.node.start(
            PROCESS,
            program.argv(self.config),
            env=self.clock.environment(program.environment()),
            cwd=self.directory,
            timeout=0,
        )

    def wait_up(self, seconds: float) -> None:
        """Wait until the program says that the tunnel stands; its own words say why it does not."""
        process = self.process
        if process is None:
            raise LabError(f"{self.name}: no VPN was started")
        try:
            process.wait_log(UP, seconds, is_daemon=self._is_daemon)
        except DeadlinePassed:
            why = f"not within {seconds:g} s; {self.program} says: {self.last_words()}"
            raise LabError(f"{self.name}: the tunnel did not come up", why) from None
        except NetnsError:
            why = f"{self.program} ended: {self.last_words()}"
            raise LabError(f"{self.name}: the tunnel did not come up", why) from None

    @property
    def _is_daemon(self) -> bool:
        return re.search(r"^daemon\b", self.config.read_text("utf-8"), re.MULTILINE) is not None

    def stop(self) -> int | None:
        """End the program as a user would; its exit code."""
        process = self.process
        return process.stop() if process is not None else None

    def send_signal(self, number: int) -> None:
        """Send the program a signal, if there is one."""
        if self.process is not None:
            self.process.send_signal(number)

    # --- what it says -------------------------------------------------------------------------

    def log_text(self) -> str:
        process = self.process
        return "" if process is None else process.log_text()

    @property
    def state(self) -> str:
        """In one word, or two: up, connecting, reconnecting, ended."""
        if not self.is_alive:
            return "ended" if self.process is not None else "not started"
        text = self.log_text()
        ends = [found.end() for found in DOWN_AGAIN.finditer(text)]
        if UP in text[ends[-1] if ends else 0 :]:
            return "up"
        return "reconnecting" if ends else "connecting"

    def last_words(self) -> str:
        """The line of the log that says best what is wrong, without its time stamp."""
        lines = self._lines()
        return self.complaint() or (lines[-1] if lines else "nothing")

    def last_attempt(self) -> list[str]:
        """The lines since the program began to connect last; all of them before that."""
        lines = self._lines()
        begins = [place for place, line in enumerate(lines) if ATTEMPT in line]
        return lines[begins[-1] :] if begins else lines

    def complaint(self) -> str | None:
        """The first line of the last attempt that tells of trouble; it is nearest to the cause.

        What an earlier attempt said counts only if this one has said nothing, a warning only if
        there is nothing worse.
        """
        lines = [line for line in self._lines() if not line.lower().startswith("note")]
        attempt = self.last_attempt()
        telling = [line for line in lines if TROUBLE.search(line)]
        errors = [line for line in telling if not line.startswith("WARNING")]
        for line in attempt:
            if line in errors:
                return line
        return errors[-1] if errors else telling[-1] if telling else None

    def _lines(self) -> list[str]:
        lines = (STAMP.sub("", line).strip() for line in self.log_text().splitlines())
        return [line for line in lines if line]
