"""The log: verb to levels, the stock program's line format, and where the lines go.

2026-11-22 10:11:33 text                      verb 0..3
2026-11-22 10:11:33 us=179381 text            verb 4 and up
1795342293.179381 1 text                      machine-readable-output: seconds, flags, text
"""

from __future__ import annotations

import logging
import os
import sys
import syslog
import time
from collections.abc import Callable

from vpn.config.options import LogOptions
from vpn.errors import SystemFailure
from vpn.system.link import explain
from vpn.trace import NOTICE, PACKETS

LEVELS = (logging.ERROR, NOTICE, logging.INFO, logging.INFO, logging.DEBUG, logging.DEBUG)
MICROSECONDS_FROM = 4  # verb
FLAGS = {logging.ERROR: 0x20, logging.WARNING: 0x40, NOTICE: 1, logging.INFO: 3, logging.DEBUG: 4}
PRIORITIES = {logging.ERROR: syslog.LOG_ERR, logging.WARNING: syslog.LOG_WARNING}


def level_for(verb: int) -> int:
    """The lowest level that `verb` shows."""
    return LEVELS[verb] if verb < len(LEVELS) else PACKETS


class StockFormatter(logging.Formatter):
    """Time in front, as the stock program writes it."""

    def __init__(self, options: LogOptions) -> None:
        super().__init__()
        self._options = options

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        text = record.getMessage()
        micros = int(record.created % 1 * 1e6)
        if self._options.machine_readable:
            return f"{int(record.created)}.{micros:06d} {FLAGS.get(record.levelno, 6):x} {text}"
        if self._options.suppress_timestamps:
            return text
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        if self._options.verb >= MICROSECONDS_FROM:
            stamp += f" us={micros}"
        return f"{stamp} {text}"


class Mute(logging.Filter):
    """At most `limit` lines in a row of the same kind [man: --mute]. Same template = same kind."""

    def __init__(self, limit: int, emit: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self._limit = limit
        self._emit = emit
        self._kind: object = None
        self._count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """The end of a run says how many were left out."""
        if record.msg == self._kind:
            self._count += 1
            return self._count <= self._limit
        left_out = self._count - self._limit
        self._kind, self._count = record.msg, 1
        if left_out > 0:
            text = "%d variation(s) on previous %d message(s) suppressed by --mute"
            said = {"msg": text, "args": (left_out, self._limit), "levelno": NOTICE}
            self._emit(logging.makeLogRecord({"created": record.created, **said}))
        return True


class SyslogHandler(logging.Handler):
    """Lines to the system log."""

    def __init__(self, name: str) -> None:
        super().__init__()
        syslog.openlog(name, syslog.LOG_PID, syslog.LOG_DAEMON)

    def emit(self, record: logging.LogRecord) -> None:
        """One line; the system log has its own clock."""
        syslog.syslog(PRIORITIES.get(record.levelno, syslog.LOG_NOTICE), record.getMessage())


def start(options: LogOptions, *, daemon: str | None, again: bool = False) -> None:
    """Send the lines of all `vpn` loggers where the options say. A log file is opened once."""
    handler: logging.Handler
    path = options.log or options.log_append
    if path is not None and not again:
        _redirect(path, append=options.log_append is not None)
    if path is None and (options.syslog or daemon):
        handler = SyslogHandler(options.syslog or daemon or "vpn")
    else:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(StockFormatter(options))
    if options.mute:
        handler.addFilter(Mute(options.mute, handler.emit))
    root = logging.getLogger("vpn")
    root.handlers[:] = [handler]
    root.propagate = False
    root.setLevel(level_for(options.verb))
    logging.raiseExceptions = False  # a full disk or a closed pipe must not end the tunnel


def _redirect(path: str, *, append: bool) -> None:
    """Standard output and error become the file, for good; only its owner may read it."""
    flags = os.O_WRONLY | os.O_CREAT | (os.O_APPEND if append else os.O_TRUNC)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as problem:
        text = f"Error redirecting stdout/stderr to --log file {path}: {explain(problem)}"
        raise SystemFailure(text) from problem
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
