"""What the core shows of itself: the log's levels, and the tracer that sees every packet.

The tracer is off by default and then costs one test per batch; `--trace-log` turns it on.
"""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any, Protocol

NOTICE = 25  # milestones: shown from verb 1 on, beside WARNING
PACKETS = 5  # one line per control packet: shown from verb 6 on

logging.addLevelName(NOTICE, "NOTICE")
logging.addLevelName(PACKETS, "PACKETS")


class Tracer(Protocol):
    """Receives one call per event. `fields` are JSON values, or bytes."""

    enabled: bool

    def record(self, event: str, now: float, **fields: Any) -> None:
        """Note that `event` happened: "sealed", "opened", "sent", "received", "dropped"."""


class NullTracer:
    """The tracer that is off."""

    enabled = False

    def record(self, event: str, now: float, **fields: Any) -> None:
        """Forget it."""


class PeerLog(logging.LoggerAdapter[logging.Logger]):
    """A logger that puts the peer's name in front, as the stock server does for each client."""

    def __init__(self, logger: logging.Logger, prefix: str = "") -> None:
        super().__init__(logger, {})
        self.prefix = prefix

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, Any]:
        """Prepend the prefix, "Test-Client/192.0.2.2:1194", if there is one."""
        return (f"{self.prefix} {msg}" if self.prefix else msg), kwargs
