"""Processes that the holder starts: the ones that keep the nodes, and daemons in the nodes.

All are children of the sandbox's pid 1, so they outlive whoever asked for them and end with the
sandbox, whatever sessions and process groups they make.
"""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from netns import birth, kernel

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HIGHEST_FD = 1 << 20
NAMESPACES = (
    ("net", kernel.CLONE_NEWNET),
    ("uts", kernel.CLONE_NEWUTS),
    ("mnt", kernel.CLONE_NEWNS),
)
COMMAND_NOT_FOUND = 127
RESTORED_SIGNALS = (
    signal.SIGPIPE, signal.SIGXFSZ, signal.SIGCHLD,
    signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTERM,
)  # fmt: skip


@dataclass(slots=True)
class Daemon:
    """A process started in a node. `pid` and `start_time` are the host's view of it."""

    node: str
    name: str
    argv: list[str]
    log: str
    inner_pid: int
    pid: int
    start_time: int
    started: float
    exit_code: int | None = None

    def as_dict(self) -> dict[str, Any]:
        return {
            "node": self.node,
            "name": self.name,
            "argv": self.argv,
            "log": self.log,
            "pid": self.pid,
            "start_time": self.start_time,
            "started": self.started,
            "exit_code": self.exit_code,
        }


def host_identity(host_proc: int) -> tuple[int, int]:
    """Ask the host's /proc who this process is there: its pid and start time."""
    pid = int(os.readlink("self", dir_fd=host_proc))
    fd = os.open(f"{pid}/stat", os.O_RDONLY, dir_fd=host_proc)
    try:
        fields = os.read(fd, 4096).decode(errors="replace").rpartition(")")[2].split()
    finally:
        os.close(fd)
    return pid, int(fields[19])


def _fork_and_report(child: Callable[[int], None]) -> tuple[int, dict[str, Any]]:
    """Fork; the child reports on a pipe and then closes it (exec does), or the reason is raised."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.close(reader)
            child(writer)
        except BaseException as error:
            _report(writer, {"error": _reason(error)})
        finally:
            os._exit(COMMAND_NOT_FOUND)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        lines = stream.read().splitlines()
    reports: dict[str, Any] = {}
    for line in lines:
        reports.update(json.loads(line))
    if "error" in reports or not reports:
        raise OSError(reports.get("error", "the new process ended before it could say why"))
    return pid, reports


def _report(writer: int, facts: dict[str, Any]) -> None:
    os.write(writer, json.dumps(facts).encode() + b"\n")


def _reason(error: BaseException) -> str:
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)


def keeper(name: str, directory: Path, host_proc: int) -> tuple[int, dict[str, Any]]:
    """Start the process that keeps a node's namespaces; return its inner pid and its report."""

    def keep(writer: int) -> None:
        missing = birth.furnish_node(name, directory)
        pid, start_time = host_identity(host_proc)
        _report(writer, {"pid": pid, "start_time": start_time, "missing": missing})
        os.closerange(3, HIGHEST_FD)
        birth.wait_forever(name)

    return _fork_and_report(keep)


def daemon(
    node: str,
    keeper_pid: int | None,
    host_proc: int,
    *,
    name: str,
    argv: list[str],
    env: dict[str, str],
    cwd: str,
    log: str,
) -> Daemon:
    """Start a program in a node, its output in the file `log`; OSError when it cannot be.

    keeper_pid: who keeps the node's namespaces; None: they are ours.
    """
    started = time.time()

    def execute(writer: int) -> None:
        os.setsid()
        fds = [
            (os.open(f"/proc/{keeper_pid}/ns/{kind}", os.O_RDONLY), flag)
            for kind, flag in NAMESPACES
            if keeper_pid is not None
        ]
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        silence = os.open(os.devnull, os.O_RDONLY)
        for fd, flag in fds:
            kernel.setns(fd, flag)
        os.chdir(cwd)
        pid, start_time = host_identity(host_proc)
        _report(writer, {"pid": pid, "start_time": start_time})
        for fd, number in ((silence, 0), (output, 1), (output, 2)):
            os.dup2(fd, number)
        _default_signals()
        try:
            os.execvpe(argv[0], argv, env)
        except OSError as error:  # which names the last place that was searched
            raise OSError(error.errno, error.strerror, argv[0]) from error

    inner, facts = _fork_and_report(execute)
    return Daemon(node, name, argv, log, inner, facts["pid"], facts["start_time"], started)


def _default_signals() -> None:
    """Give the program its signals as a shell would; Python ignores two, a caller perhaps more."""
    for number in RESTORED_SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
