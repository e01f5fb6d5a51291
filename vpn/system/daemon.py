"""The process itself: into the background, its pid file, its priority, its memory."""

from __future__ import annotations

import ctypes
import logging
import os

from vpn.errors import SystemFailure
from vpn.system.link import explain
from vpn.trace import NOTICE

MCL_CURRENT, MCL_FUTURE = 1, 2  # <sys/mman.h>

log = logging.getLogger("vpn.process")


def daemonize() -> None:
    """Leave the terminal: two forks, so that no terminal can ever become ours again.

    The directory stays for now: names in the configuration start there.
    """
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    for descriptor in (1, 2):
        if os.isatty(descriptor) or not _is_file(descriptor):
            os.dup2(null, descriptor)
    if null > 2:
        os.close(null)


def _is_file(descriptor: int) -> bool:
    """Has the log been sent there?"""
    import stat

    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:
        return False


def write_pid(path: str) -> None:
    """One line, the process id [man: --writepid]."""
    try:
        with open(path, "w", encoding="ascii") as file:
            file.write(f"{os.getpid()}\n")
    except OSError as problem:
        raise SystemFailure(f"Open error on pid file {path}: {explain(problem)}") from problem


def lock_memory() -> None:
    """Nothing of ours goes to the swap, now or later [man: --mlock]."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mlockall(MCL_CURRENT | MCL_FUTURE):
        problem = OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        raise SystemFailure(f"mlockall call failed: {explain(problem)}") from problem
    log.log(NOTICE, "mlockall call succeeded")


def set_nice(value: int) -> None:
    """Set, not add [man: --nice]."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, value)
    except OSError as problem:
        raise SystemFailure(f"WARNING: nice {value} failed: {explain(problem)}") from problem
