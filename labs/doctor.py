"""What a lab needs of the machine, whether it is there, and the one line that puts it right."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labs import build, reference
from labs.errors import LabError
from labs.settings import Settings

TUN = Path("/dev/net/tun")

# The programs that a lab runs, and what Debian and Ubuntu call their packages.
PACKAGES = {
    "ip": "iproute2",
    "nft": "nftables",
    "ping": "iputils-ping",
    "nsenter": "util-linux",
    "unshare": "util-linux",
}

# What keeps user namespaces from ordinary users: the setting, the value that does, and the cure.
USER_NAMESPACE_SETTINGS = (
    ("kernel.apparmor_restrict_unprivileged_userns", "1", "0"),
    ("kernel.unprivileged_userns_clone", "0", "1"),
    ("user.max_user_namespaces", "0", "15000"),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    is_ok: bool
    detail: str
    fix: str = ""
    is_needed: bool = True

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def examine() -> Iterator[Finding]:
    """Look at everything; the last and surest is a lab's sandbox itself."""
    yield from quick()
    yield stock()
    yield sandbox()


def quick() -> Iterator[Finding]:
    """Look at what takes no time; `lab up` does it each time."""
    yield programs()
    yield namespaces()
    yield tun()


def require(settings: Settings) -> None:
    """Refuse, with the fix, to bring up what cannot come up."""
    checks: list[Callable[[], Finding]] = [programs, namespaces, tun]
    if "openvpn" in {settings.client, settings.server}:
        checks.append(stock)
    for look in checks:
        found = look()
        if not found.is_ok:
            raise LabError(found.what, found.detail, found.fix)


def programs() -> Finding:
    """The programs of the system."""
    missing = [name for name in PACKAGES if shutil.which(name, path=reference.PATHS) is None]
    if not missing:
        return Finding("programs", True, ", ".join(PACKAGES))
    packages = " ".join(sorted({PACKAGES[name] for name in missing}))
    return Finding(
        "programs", False, f"{', '.join(missing)} not found", f"sudo apt install {packages}"
    )


def namespaces() -> Finding:
    """Namespaces of our own: root may always, others where the kernel is set to let them."""
    if os.geteuid() == 0:
        return Finding("namespaces", True, "as root")
    probe = subprocess.run(
        ["unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork", "true"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if probe.returncode == 0:
        return Finding("namespaces", True, f"user namespaces, as uid {os.geteuid()}")
    why = probe.stderr.strip().removeprefix("unshare: ") or f"status {probe.returncode}"
    return Finding("namespaces", False, f"user namespaces are refused: {why}", _namespace_fix())


def _namespace_fix(settings: Path = Path("/proc/sys")) -> str:
    for name, refusing, cure in USER_NAMESPACE_SETTINGS:
        path = settings / name.replace(".", "/")
        if path.exists() and path.read_text(encoding="ascii").strip() == refusing:
            return f"sudo sysctl -w {name}={cure}"
    return "run it as root: sudo lab up"


def tun(path: Path = TUN) -> Finding:
    """The tun device: a file that must open; what it makes stays in the lab."""
    what = str(path)
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CLOEXEC))
    except FileNotFoundError:
        detail = "the kernel's tun driver is not there"
        return Finding(what, False, detail, "sudo modprobe tun; in a container: --device " + what)
    except PermissionError:
        mode = f"its mode is {path.stat().st_mode & 0o777:04o}, this user may not open it"
        return Finding(what, False, mode, f"sudo chmod 0666 {what}")
    except OSError as error:
        detail = error.strerror or str(error)
        return Finding(what, False, detail, "sudo modprobe tun")
    return Finding(what, True, "can be opened")


def stock() -> Finding:
    """The stock program, for `--client openvpn` and `--server openvpn` only."""
    missing = reference.missing()
    if missing:
        return Finding("openvpn", False, missing, "sudo apt install openvpn", is_needed=False)
    return Finding("openvpn", True, reference.version(), is_needed=False)


def sandbox() -> Finding:
    """A sandbox with one node, a firewall and a tun device in it, made and removed."""
    what = "a lab's sandbox"
    try:
        with build.Sandbox.create(f"doctor-{os.getpid()}") as tried:
            node = tried.add_node("patient")
            missing = [*tried.missing, *node.missing]
            node.apply(build.PROBE_FIREWALL)
            node.run(["ip", "tuntap", "add", "dev", "tun9", "mode", "tun"])
    except build.NetnsError as error:
        return Finding(what, False, str(error).splitlines()[0], _sandbox_fix(str(error)))
    if missing:
        return Finding(what, True, f"works, but without {'; '.join(missing)}")
    return Finding(what, True, "a node, nftables and a tun device work in it")


def _sandbox_fix(error: str) -> str:
    if "nft" in error:
        return "sudo modprobe nf_tables"
    if "tuntap" in error:
        return "sudo modprobe tun"
    return "run it as root: sudo lab doctor"
