"""What is kept on disk of a sandbox: its directory, and who holds it.

    $XDG_RUNTIME_DIR/vpnlab/<name>/     (else /run/vpnlab for root, /tmp/vpnlab-<uid>)
        lab.json       the holder's pid and start time; what the caller saved
        holder.sock    where the holder takes requests
        holder.log     what the holder said, if anything
        logs/          one file per process
        nodes/<node>/  hosts, resolv.conf

The files prove nothing: a sandbox lives when a process with that pid *and* that start time does.
Whoever makes or removes a sandbox holds a lock on its directory, which the kernel drops when they
die.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from netns.errors import NetnsError

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,30}")
LAB_FILE = "lab.json"
SOCKET = "holder.sock"
FORMAT = 1

START_TIME_FIELD = 22 - 3  # of /proc/PID/stat, counted from the field after the name


def checked_name(name: str, what: str) -> str:
    """Refuse a name that could not be a file and a host name."""
    if not NAME.fullmatch(name):
        raise NetnsError(
            f"{name!r} is no name for a {what}",
            fix="use letters, digits, - and _; begin with a letter or digit; at most 31",
        )
    return name


# --- who holds it -----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A process for certain: pids are used again, the same pid at the same start time is not."""

    pid: int
    start_time: int

    @classmethod
    def of(cls, pid: int) -> ProcessId | None:
        """Identify a running process; None when there is none (or only its zombie)."""
        fields = _stat(pid)
        if fields is None or fields[0] in "ZX":
            return None
        return cls(pid, int(fields[START_TIME_FIELD]))

    @property
    def began(self) -> float:
        """When it was started: seconds of CLOCK_BOOTTIME."""
        return self.start_time / os.sysconf("SC_CLK_TCK")

    @property
    def is_alive(self) -> bool:
        fields = self._stat()
        return fields is not None and fields[0] not in "ZX"

    @property
    def is_stopped(self) -> bool:
        """Does it stand still, after SIGSTOP?"""
        fields = self._stat()
        return fields is not None and fields[0] == "T"

    def send_signal(self, number: int) -> bool:
        """Signal this process and no other; False when it is gone."""
        import signal

        try:
            fd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return False
        try:
            if not self.is_alive:
                return False
            signal.pidfd_send_signal(fd, number)
        except ProcessLookupError:
            return False
        finally:
            os.close(fd)
        return True

    def wait_gone(self, seconds: float) -> bool:
        """Wait until this process has ended, by the kernel's word; False when it has not.

        A zombie may have threads that go on for a moment: nobody can collect it before they end.
        """
        import select

        try:
            fd = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            if self._stat() is None:
                return True
            return bool(select.select([fd], [], [], seconds)[0])
        finally:
            os.close(fd)

    def _stat(self) -> list[str] | None:
        """What the kernel says of it, or of its zombie; None if the pid is free, or another's."""
        fields = _stat(self.pid)
        return fields if fields and int(fields[START_TIME_FIELD]) == self.start_time else None


def _stat(pid: int) -> list[str] | None:
    """What the kernel says of a process, from its state on [man: proc_pid_stat]."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, ProcessLookupError):
        return None
    return stat.rpartition(")")[2].split()


# --- where it is ------------------------------------------------------------------------------


def root(override: Path | None = None) -> Path:
    """The directory of all sandboxes of this user; made when missing, refused when not private."""
    path = _default_root() if override is None else override.absolute()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NetnsError(
            f"cannot make {path}",
            str(error.strerror),
            "set XDG_RUNTIME_DIR to a directory of yours",
        ) from error
    found = path.lstat()
    if override is None and (found.st_uid != os.geteuid() or found.st_mode & 0o022):
        raise NetnsError(f"{path} belongs to or can be written by someone else", fix="remove it")
    return path


def container_root(override: Path | None = None) -> Path:
    """Where labs of containers have their files, apart from those of sandboxes; not made here."""
    return Path(f"{root(override)}-containers")


def _default_root() -> Path:
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    with contextlib.suppress(OSError):
        if runtime and Path(runtime).stat().st_uid == os.geteuid():
            return Path(runtime, "vpnlab")
    if os.geteuid() == 0:
        return Path("/run/vpnlab")
    return Path(f"/tmp/vpnlab-{os.geteuid()}")


@contextlib.contextmanager
def locked(directory: Path, *, wait: bool = True) -> Iterator[bool]:
    """Hold a directory's lock; False when it is gone or (with wait=False) someone else's."""
    try:
        fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield False
        return
    try:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
            return
        yield os.fstat(fd).st_nlink > 0
    finally:
        os.close(fd)


# --- what is in it ----------------------------------------------------------------------------


@dataclass(slots=True)
class LabFile:
    """The contents of lab.json."""

    name: str
    holder: ProcessId
    rootless: bool
    saved: dict[str, Any]

    def write(self, directory: Path) -> None:
        """Replace the file in one step: a crash leaves the old one or the new one."""
        text = json.dumps(
            {
                "format": FORMAT,
                "name": self.name,
                "holder": {"pid": self.holder.pid, "start_time": self.holder.start_time},
                "rootless": self.rootless,
                "saved": self.saved,
            },
            indent=1,
        )
        fresh = directory / f".{LAB_FILE}.{os.getpid()}"
        fresh.write_text(text + "\n", encoding="utf-8")
        fresh.replace(directory / LAB_FILE)

    @classmethod
    def read(cls, directory: Path) -> LabFile | None:
        """Read what is there; None when it is not (whole, ours, of this format)."""
        try:
            data = json.loads((directory / LAB_FILE).read_text(encoding="utf-8"))
            if data["format"] != FORMAT:
                return None
            holder = ProcessId(int(data["holder"]["pid"]), int(data["holder"]["start_time"]))
            return cls(data["name"], holder, bool(data["rootless"]), dict(data["saved"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None


def remove(directory: Path) -> None:
    """Remove a sandbox's directory and all in it."""
    shutil.rmtree(directory, ignore_errors=True)
