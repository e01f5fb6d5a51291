"""Traffic between the nodes of a lab, and what became of it: pings, and bytes over TCP."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from labs.build import end_group
from labs.errors import LabError

if TYPE_CHECKING:
    from labs.build import RunningNode

AGENT = Path(__file__).with_name("traffic_agent.py")
EXCHANGE_PORT = 7001
EXCHANGE_SECONDS = 90.0
PING_SLACK = 15.0
SUMMARY = re.compile(r"(\d+) packets transmitted, (\d+) received")


@dataclass(frozen=True, slots=True)
class Pings:
    """How many were sent, and how many came back."""

    sent: int
    received: int

    @property
    def lost(self) -> int:
        return self.sent - self.received


class Pinging:
    """A flow of pings that runs until all of them are sent; `result` waits for the last answers."""

    def __init__(self, node: RunningNode, address: str, count: int, interval: float) -> None:
        self._what = f"{node.name}: ping {address}"
        self._seconds = count * interval * 3 + PING_SLACK
        argv = ["ping", "-n", "-q", "-c", str(count), "-i", f"{interval:g}", "-W", "5", address]
        self._process = node.popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        end_group(self._process)
        self._process.communicate()

    def result(self) -> Pings:
        try:
            output, _errors = self._process.communicate(timeout=self._seconds)
        except subprocess.TimeoutExpired:
            raise LabError(self._what, f"did not end within {self._seconds:g} s") from None
        found = SUMMARY.search(output)
        if found is None:
            raise LabError(self._what, output.strip() or "it said nothing")
        return Pings(int(found[1]), int(found[2]))


@dataclass(frozen=True, slots=True)
class Report:
    """What one end of an exchange says of it."""

    sent_digest: str
    received: int
    received_digest: str
    retransmits: int


@dataclass(frozen=True, slots=True)
class Exchange:
    """So many bytes each way over one TCP connection."""

    near: Report
    far: Report
    size: int

    @property
    def is_intact(self) -> bool:
        """Did each end receive exactly what the other sent?"""
        return (
            self.near.received == self.far.received == self.size
            and self.near.received_digest == self.far.sent_digest
            and self.far.received_digest == self.near.sent_digest
        )


class Exchanging:
    """An exchange under way: the far node listens at `address`, the near one connects."""

    def __init__(
        self, near: RunningNode, far: RunningNode, address: str, *, size: int, rate: int
    ) -> None:
        self._size = size
        ends = [str(size), str(rate)]
        python = [sys.executable, "-I", "-S", str(AGENT)]
        self._far = far.popen(
            [*python, "listen", str(EXCHANGE_PORT), *ends, "1"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert self._far.stdout is not None
        first = self._far.stdout.readline()
        if not first.startswith("listening"):
            raise LabError(f"{far.name}: the exchange cannot begin", first.strip())
        self._near = near.popen(
            [*python, "connect", address, str(EXCHANGE_PORT), *ends, "2"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process in (self._near, self._far):
            end_group(process)
            process.communicate()

    def result(self) -> Exchange:
        return Exchange(_report(self._near), _report(self._far), self._size)


def _report(process: subprocess.Popen[str]) -> Report:
    try:
        output, _errors = process.communicate(timeout=EXCHANGE_SECONDS)
    except subprocess.TimeoutExpired:
        raise LabError("the exchange", f"did not end within {EXCHANGE_SECONDS:g} s") from None
    try:
        return Report(**json.loads(output.splitlines()[-1]))
    except (IndexError, ValueError, TypeError):
        raise LabError("the exchange failed", output.strip().rpartition("\n")[2]) from None
