"""The process itself: into the background, its pid file, its priority."""

from __future__ import annotations

import os

from vpn.errors import SystemFailure
from vpn.system.link import explain


def daemonize(*, keep_directory: bool) -> None:
    """Leave the terminal: two forks, so that no terminal can ever become ours again."""
    if os.fork():
        os._exit(0)
    os.setsid()
    if os.fork():
        os._exit(0)
    if not keep_directory:
        os.chdir("/")
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


def set_nice(value: int) -> None:
    """Set, not add [man: --nice]."""
    try:
        os.setpriority(os.PRIO_PROCESS, 0, value)
    except OSError as problem:
        raise SystemFailure(f"WARNING: nice {value} failed: {explain(problem)}") from problem
