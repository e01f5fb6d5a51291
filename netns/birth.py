"""How the namespaces of a sandbox, and of each node in it, come to be.

    sandbox   (user) + pid + mount + net + uts     the holder; its net is the switch
       `-- node   mount + net + uts                one process per node that only waits

Each network namespace has its own /sys, each node its own /etc/hosts and /etc/resolv.conf. /run is
private, so that no name-service daemon of the host answers for a node, and /dev/shm, where programs
name files by their pid, which is another one's outside.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from netns import kernel, sysctl

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC

SHARED_MEMORY = Path("/dev/shm")
NODE_HOSTS = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n127.0.1.1\t{name}\n"
NODE_FILES = {"hosts": "/etc/hosts", "resolv.conf": "/etc/resolv.conf"}


def enter_user_namespace() -> None:
    """Become root of a user namespace of our own; outside we stay who we are."""
    uid, gid = os.geteuid(), os.getegid()
    kernel.unshare(kernel.CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny", encoding="ascii")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1", encoding="ascii")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1", encoding="ascii")


def unshare_sandbox() -> None:
    """Leave the host's namespaces; the next child is pid 1 of the sandbox."""
    kernel.unshare(
        kernel.CLONE_NEWPID | kernel.CLONE_NEWNS | kernel.CLONE_NEWNET | kernel.CLONE_NEWUTS
    )


def furnish_sandbox(name: str, directory: Path) -> list[str]:
    """Mount what the sandbox needs of its own, as its pid 1; return what could not be done."""
    socket.sethostname(name)
    kernel.mount("", "/", "", kernel.MS_REC | kernel.MS_SLAVE)
    missing = [
        *_attempt("a /proc of its own", lambda: kernel.mount("proc", "/proc", "proc", QUIET)),
        *_attempt("a writable /proc/sys", _make_sysctls_writable),
        *_attempt("a private /dev/shm", _make_shared_memory_private),
        *_attempt("a private /run", lambda: _make_run_private(directory)),
        *_attempt("a /sys of its own", _mount_sys),
    ]
    sysctl.write_all(sysctl.SWITCH_SETTINGS)
    return missing


def _attempt(what: str, step: Callable[[], None]) -> list[str]:
    try:
        step()
    except OSError as error:
        return [f"{what}: {error.strerror or error}"]
    return []


def _make_sysctls_writable() -> None:
    """Containers show /proc/sys read-only; a bind mount of our own may be made writable."""
    if os.access("/proc/sys/net/ipv4/ip_forward", os.W_OK):
        return
    kernel.mount("/proc/sys", "/proc/sys", "", kernel.MS_BIND | kernel.MS_REC)
    kernel.mount("", "/proc/sys", "", kernel.MS_REMOUNT | kernel.MS_BIND)


def _make_shared_memory_private() -> None:
    if SHARED_MEMORY.is_dir():
        flags = kernel.MS_NOSUID | kernel.MS_NODEV
        kernel.mount("tmpfs", str(SHARED_MEMORY), "tmpfs", flags, "mode=1777")


def _make_run_private(directory: Path) -> None:
    """Cover /run with an empty one; where our own directory stands in it, let that show through."""
    inside = directory.resolve()
    held = os.open(inside, os.O_RDONLY | os.O_DIRECTORY)
    try:
        kernel.mount("tmpfs", "/run", "tmpfs", kernel.MS_NOSUID | kernel.MS_NODEV, "mode=755")
        Path("/run/netns").mkdir()
        if inside.is_relative_to("/run"):
            inside.mkdir(parents=True, exist_ok=True)
            kernel.mount(f"/proc/self/fd/{held}", str(inside), "", kernel.MS_BIND)
    finally:
        os.close(held)


def _mount_sys() -> None:
    """Mount a /sys that shows this network namespace; read-only where the old one is."""
    try:
        kernel.mount("sysfs", "/sys", "sysfs", QUIET)
    except PermissionError:
        kernel.mount("sysfs", "/sys", "sysfs", QUIET | kernel.MS_RDONLY)


def write_node_files(directory: Path, name: str) -> None:
    """Write the files that will stand over a node's /etc."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "hosts").write_text(NODE_HOSTS.format(name=name), encoding="utf-8")
    (directory / "resolv.conf").write_text("", encoding="utf-8")


def furnish_node(name: str, directory: Path) -> list[str]:
    """Move this process into a node's new namespaces and furnish them."""
    kernel.unshare(kernel.CLONE_NEWNET | kernel.CLONE_NEWNS | kernel.CLONE_NEWUTS)
    socket.sethostname(name)
    missing = _attempt("a /sys of its own", _mount_sys)
    for file, place in NODE_FILES.items():
        source = directory / file
        missing += _attempt(f"an {place} of its own", lambda: _cover(source, Path(place)))  # noqa: B023
    sysctl.write_all(sysctl.NODE_SETTINGS)
    return missing


def _cover(source: Path, place: Path) -> None:
    """Bind one file over another; a link into /run is followed to where it points."""
    target = place.resolve()
    if target.is_relative_to("/run") and not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    kernel.mount(str(source), str(target), "", kernel.MS_BIND)


def wait_forever(name: str) -> None:
    """Be the process that keeps a node: do nothing, and let only SIGKILL end it."""
    kernel.set_process_name(name)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP):
        signal.signal(number, signal.SIG_IGN)
    while True:
        with contextlib.suppress(OSError):
            signal.pause()
