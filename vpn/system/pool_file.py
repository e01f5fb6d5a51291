"""Keeps who had which address over a restart [man: --ifconfig-pool-persist]."""

from __future__ import annotations

import logging
from pathlib import Path

from vpn.tunnel.pool import AddressPool

log = logging.getLogger("vpn.server")


class PoolFile:
    """The file of one pool; with an interval of 0 it is only read."""

    def __init__(self, path: str, interval: int, pool: AddressPool, now: float) -> None:
        self._path, self._interval, self._pool = Path(path), interval, pool
        self._written = self._read()
        pool.restore(self._written)
        self.deadline: float | None = now + interval if interval else None

    def _read(self) -> list[str]:
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        except (OSError, ValueError) as problem:
            log.warning("WARNING: cannot read %s: %s", self._path, problem)
            return []
        for line in lines:
            log.info("ifconfig_pool_read(), in='%s'", line)
        return lines

    def handle_deadline(self, now: float) -> None:
        """Write it every so often."""
        if self.deadline is not None and now >= self.deadline:
            self.deadline = now + self._interval
            self.write()

    def write(self) -> None:
        """What the pool knows now, if that is something new."""
        lines = self._pool.lines()
        if not self._interval or lines == self._written:
            return
        self._written = lines
        try:
            self._path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        except OSError as problem:
            log.warning("WARNING: cannot write %s: %s", self._path, problem.strerror)
