"""What the core says of itself: the log's levels, and a logger that names its peer."""

from __future__ import annotations

import logging
from collections.abc import MutableMapping
from typing import Any

NOTICE = 25  # milestones: shown from verb 1 on, beside WARNING
PACKETS = 5  # one line per control packet: shown from verb 6 on

logging.addLevelName(NOTICE, "NOTICE")
logging.addLevelName(PACKETS, "PACKETS")


class PeerLog(logging.LoggerAdapter[logging.Logger]):
    """A logger that puts the peer's name in front, as the stock server does for each client."""

    def __init__(self, logger: logging.Logger, prefix: str = "") -> None:
        super().__init__(logger, {})
        self.prefix = prefix

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, Any]:
        """Prepend the prefix, "Test-Client/192.0.2.2:1194", if there is one."""
        return (f"{self.prefix} {msg}" if self.prefix else msg), kwargs
