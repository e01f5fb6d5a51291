"""Says what this machine lets a lab do, by trying it, and what to type where it does not.

Nothing is concluded from versions or settings: a sandbox is made, a tun is opened in it, a NAT is
loaded in it. Settings are read only to explain a failure.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from netns.errors import CommandFailed, NetnsError
from netns.nat import Nat, NatKind
from netns.node import SYSTEM_PATHS, Node
from netns.sandbox import Sandbox

TUN = Path("/dev/net/tun")

# Program: what it is for, and the Debian package that has it.
PROGRAMS = {
    "nsenter": ("entering a node", "util-linux"),
    "nft": ("NAT and firewalls", "nftables"),
    "ping": ("seeing whether packets arrive", "iputils-ping"),
}

# A setting that forbids user namespaces: the value that does, and the line that ends it.
FORBIDDING = {
    "kernel/apparmor_restrict_unprivileged_userns": (
        "1",
        "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
    ),
    "kernel/unprivileged_userns_clone": ("0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
    "user/max_user_namespaces": ("0", "sudo sysctl -w user.max_user_namespaces=10000"),
}
CONTAINER_FIX = "start the container with --cap-add SYS_ADMIN --cap-add NET_ADMIN --device {tun}"

OPEN_TUN = """
import fcntl, os, struct
fd = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(fd, 0x400454CA, struct.pack("16sH22x", b"doctor", 0x1001))
"""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that a lab needs: whether it is there, and what to do if it is not."""

    name: str
    is_met: bool
    detail: str
    fix: str = ""


def examine() -> list[Fact]:
    """Try everything a lab needs."""
    return [*_programs(), tun_device(), *_sandbox()]


def _programs() -> list[Fact]:
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), *SYSTEM_PATHS])
    facts = []
    for name, (purpose, package) in PROGRAMS.items():
        found = shutil.which(name, path=path)
        fix = "" if found else f"sudo apt-get install {package}"
        facts.append(Fact(name, bool(found), found or f"missing; it is for {purpose}", fix))
    return facts


def tun_device(path: Path = TUN) -> Fact:
    """May this user open the tun device? A user namespace does not help with a file's mode."""
    name = "tun device"
    try:
        os.close(os.open(path, os.O_RDWR))
    except FileNotFoundError:
        fix = CONTAINER_FIX.format(tun=path) if _in_container() else "sudo modprobe tun"
        return Fact(name, False, f"{path} is not there", fix)
    except PermissionError:
        mode = oct(path.stat().st_mode & 0o777)
        detail = f"{path} has mode {mode}, and uid {os.geteuid()} may not open it"
        return Fact(name, False, detail, f"sudo chmod 0666 {path}")
    except OSError as error:
        return Fact(name, False, f"{path}: {error.strerror}", "sudo modprobe tun")
    return Fact(name, True, f"{path} can be opened")


def _in_container() -> bool:
    return Path("/.dockerenv").exists() or Path("/run/.containerenv").exists()


def _sandbox() -> list[Fact]:
    """Make a sandbox with one node, and try in it what a lab does."""
    name = "namespaces"
    rights = "as root" if os.geteuid() == 0 else f"without root, as uid {os.geteuid()}"
    with tempfile.TemporaryDirectory(prefix="vpnlab-doctor-") as place:
        try:
            with Sandbox.create("doctor", Path(place)) as sandbox:
                node = sandbox.add_node("node")
                made = Fact(name, True, f"a sandbox can be made {rights}")
                return [made, *_mounts(sandbox, node), *_settings(node), _tun(node), _nat(node)]
        except NetnsError as error:
            return [Fact(name, False, f"{error.what}: {error.why}", namespaces_fix())]


def namespaces_fix(settings: Path = Path("/proc/sys")) -> str:
    """Find the setting that forbids namespaces, and the line that allows them."""
    if _in_container():
        return CONTAINER_FIX.format(tun=TUN)
    for name, (value, fix) in FORBIDDING.items():
        path = settings / name
        if path.exists() and path.read_text(encoding="ascii").strip() == value:
            return fix
    return "run it as root"


def _mounts(sandbox: Sandbox, node: Node) -> list[Fact]:
    missing = [*sandbox.missing, *node.missing]
    if not missing:
        return [Fact("mounts", True, "/proc, /sys, /run and files of /etc can be a node's own")]
    return [Fact("mounts", False, text, namespaces_fix()) for text in missing]


def _settings(node: Node) -> list[Fact]:
    try:
        node.set_sysctl("net.ipv4.ip_forward", 1)
    except NetnsError as error:
        fix = "mount -o remount,rw /proc/sys (in a container, before the lab)"
        return [Fact("forwarding", False, error.why, fix)]
    return [Fact("forwarding", True, "a node can be made a router")]


def _tun(node: Node) -> Fact:
    name = "tun in a node"
    try:
        node.run([sys.executable, "-I", "-S", "-c", OPEN_TUN])
    except CommandFailed as error:
        last = error.result.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        return Fact(name, False, last[0], tun_device().fix or "run it as root")
    except NetnsError as error:
        return Fact(name, False, str(error), tun_device().fix)
    return Fact(name, True, "a node can have a tun interface")


def _nat(node: Node) -> Fact:
    name = "NAT"
    try:
        node.apply(Nat(inside="lo", outside="eth0", kind=NatKind.ADDRESS_RESTRICTED))
    except (NetnsError, OSError) as error:
        return Fact(name, False, str(error), "sudo modprobe -a nf_tables nft_masq nft_ct nft_nat")
    return Fact(name, True, "every kind of NAT can be loaded in a node")
