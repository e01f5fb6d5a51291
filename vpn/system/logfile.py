"""The log: verb to levels, the stock program's line format, and where the lines go.

2026-11-22 10:11:33 text                      verb 0..3
2026-11-22 10:11:33 us=179381 text            verb 4 and up
1795342293.179381 1 text                      machine-readable-output: seconds, flags, text
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import syslog
import time
from collections.abc import Callable, Iterator
from itertools import groupby

from vpn.config.options import LogOptions
from vpn.errors import SystemFailure
from vpn.system.link import explain
from vpn.trace import NOTICE, PACKETS

MAX_VERB = 15
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
        self.verb = options.verb

    def format(self, record: logging.LogRecord) -> str:
        """One line."""
        text = record.getMessage()
        micros = int(record.created % 1 * 1e6)
        if self._options.machine_readable:
            return f"{int(record.created)}.{micros:06d} {FLAGS.get(record.levelno, 6):x} {text}"
        if self._options.suppress_timestamps:
            return text
        stamp = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(record.created))
        if self.verb >= MICROSECONDS_FROM:
            stamp += f" us={micros}"
        return f"{stamp} {text}"


class Mute(logging.Filter):
    """At most `limit` lines in a row of the same kind [man: --mute]. Same template = same kind."""

    def __init__(self, limit: int, emit: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self.limit = limit  # 0: any number
        self._emit = emit
        self._kind: object = None
        self._count = 0

    def filter(self, record: logging.LogRecord) -> bool:
        """The beginning of a run that is left out is said, and at its end how many lines it had."""
        if not self.limit:
            return True
        if record.msg == self._kind:
            self._count += 1
            if self._count == self.limit + 1:
                self._say(record, "NOTE: --mute triggered...")
            return self._count <= self.limit
        left_out = self._count - self.limit
        self._kind, self._count = record.msg, 1
        if left_out > 0:
            text = "%d variation(s) on previous %d message(s) suppressed by --mute"
            self._say(record, text, left_out, self.limit)
        return True

    def _say(self, record: logging.LogRecord, text: str, *args: int) -> None:
        said = {"created": record.created, "msg": text, "args": args, "levelno": NOTICE}
        self._emit(logging.makeLogRecord(said))


class Log:
    """What `start` set up, for those who change it later: how much, how often the same."""

    def __init__(self, options: LogOptions, formatter: StockFormatter, mute: Mute) -> None:
        self._formatter = formatter
        self._mute = mute
        self.set_verb(options.verb)

    @property
    def verb(self) -> int:
        """The level in use."""
        return self._formatter.verb

    @property
    def mute(self) -> int:
        """At most so many lines of a kind in a row; 0: any number."""
        return self._mute.limit

    def set_verb(self, verb: int) -> None:
        """Show more, or less."""
        self._formatter.verb = verb
        logging.getLogger("vpn").setLevel(level_for(verb))

    def set_mute(self, limit: int) -> None:
        """Leave out more, or less."""
        self._mute.limit = limit


class SyslogHandler(logging.Handler):
    """Lines to the system log."""

    def __init__(self, name: str) -> None:
        super().__init__()
        syslog.openlog(name, syslog.LOG_PID, syslog.LOG_DAEMON)

    def emit(self, record: logging.LogRecord) -> None:
        """One line; the system log has its own clock."""
        syslog.syslog(PRIORITIES.get(record.levelno, syslog.LOG_NOTICE), record.getMessage())


class Lines(logging.Handler):
    """Lines to standard output: each at once, or, while they are held, together at `flush`.

    A packet is answered first and told of afterwards, with one system call for all its lines.
    """

    is_held = False

    def __init__(self, *, errors_apart: bool) -> None:
        super().__init__()
        self._errors_apart = errors_apart  # to standard error [man: --errors-to-stderr]
        self._waiting: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        """One line. An error is written at once, with all that waits."""
        self._waiting.append(record)
        if not Lines.is_held or record.levelno >= logging.ERROR:
            self.flush()

    def flush(self) -> None:
        """Write what waits. What can't be written is lost: it must not end the tunnel."""
        if not self._waiting:  # in most rounds
            return
        records, self._waiting = self._waiting, []
        for is_apart, group in groupby(records, self._goes_apart):
            stream = sys.stderr if is_apart else sys.stdout
            with contextlib.suppress(Exception):  # a full disk, a closed pipe
                stream.write("".join(map(self._line, group)))
                stream.flush()

    def _line(self, record: logging.LogRecord) -> str:
        try:
            return f"{self.format(record)}\n"
        except (TypeError, ValueError):  # a wrong log call costs its arguments, no more
            return f"{record.msg}\n"

    def _goes_apart(self, record: logging.LogRecord) -> bool:
        return self._errors_apart and record.levelno >= logging.ERROR


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Lines wait for `flush` while this lasts."""
    Lines.is_held = True
    try:
        yield
    finally:
        Lines.is_held = False
        flush()


def flush() -> None:
    """Write the lines that wait: at the end of a round, and before another program may write."""
    for handler in logging.getLogger("vpn").handlers:
        handler.flush()


def start(options: LogOptions, *, daemon: str | None, again: bool = False) -> Log:
    """Send the lines of all `vpn` loggers where the options say. A log file is opened once."""
    handler: logging.Handler
    formatter = StockFormatter(options)
    path = options.log or options.log_append
    if path is not None and not again:
        _redirect(path, append=options.log_append is not None)
    if path is None and (options.syslog or daemon):
        handler = SyslogHandler(options.syslog or daemon or "vpn")
    else:
        handler = Lines(errors_apart=options.errors_to_stderr and path is None)
        handler.setFormatter(formatter)
    mute = Mute(options.mute, handler.emit)
    handler.addFilter(mute)
    root = logging.getLogger("vpn")
    root.handlers[:] = [handler]
    root.propagate = False
    logging.raiseExceptions = False  # what can't be logged must not end the tunnel
    logging._srcfile = None  # no line says where it comes from
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    return Log(options, formatter, mute)


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
