"""Runs a program as a user without rights, under conditions that root can set for it.

Root gets a private /dev/net with a tun device of the wanted mode, and, if user namespaces are to
be refused, a user namespace of its own in which their number is limited to none. Nothing of this
is seen by anyone else. Who is not root already has no rights: the program is run as it is.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

NOBODY = 65534
SITE_PACKAGES = next(path for path in sys.path if path.endswith("site-packages"))
REPOSITORY = Path(__file__).resolve().parents[2]

OWN_DEVICE = """
set -e
mount -t tmpfs -o mode=755 none /dev/net
mknod /dev/net/tun c 10 200
chmod "$1" /dev/net/tun
shift
exec "$@"
"""

# Root of a user namespace that has all of the host's users, where nobody may make another one.
NO_MORE_USER_NAMESPACES = """
import os, sys
sys.path.insert(0, sys.argv[1])
from netns import kernel
ready, go = os.pipe(), os.pipe()
child = os.fork()
if child == 0:
    kernel.unshare(kernel.CLONE_NEWUSER)
    os.write(ready[1], b"r")
    os.read(go[0], 1)
    with open("/proc/sys/user/max_user_namespaces", "w") as setting:
        setting.write("0")
    os.execvp(sys.argv[2], sys.argv[2:])
os.read(ready[0], 1)
for kind in ("uid", "gid"):
    with open(f"/proc/{child}/{kind}_map", "w") as file:
        file.write("0 0 65536")
os.write(go[1], b"g")
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


# A Python that runs, has what a lab needs, and can start itself again.
TRIAL = """
import subprocess, sys
import OpenSSL, cryptography, vpn
subprocess.run([sys.executable, "-c", ""], check=True)
"""


@cache
def python() -> str | None:
    """A Python of our version that every user may run: root's own may stand in root's home."""
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for place in (sys.executable, f"/usr/bin/{name}", shutil.which(name)):
        if place and _can_run(place):
            return place
    return None


def _can_run(place: str) -> bool:
    if os.geteuid() != 0:
        return True
    done = subprocess.run(
        [*_as_nobody(), place, "-c", TRIAL],
        env=environment(), capture_output=True, check=False,
    )  # fmt: skip
    return done.returncode == 0


def environment() -> dict[str, str]:
    """What makes any Python of our version find what this one has."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join((str(REPOSITORY), SITE_PACKAGES))}


def _as_nobody() -> list[str]:
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--"]


def argv(
    words: list[str], *, tun_mode: str = "0666", has_user_namespaces: bool = True
) -> list[str]:
    """What to run so that `words` run without rights."""
    if os.geteuid() != 0:
        return words
    limited = [sys.executable, "-c", NO_MORE_USER_NAMESPACES, str(REPOSITORY)]
    return [
        "unshare", "--mount", "--propagation", "private",
        "sh", "-c", OWN_DEVICE, "sh", tun_mode,
        *([] if has_user_namespaces else limited),
        *_as_nobody(), *words,
    ]  # fmt: skip
