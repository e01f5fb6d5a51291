"""A lab without root: a user of no rights has a network of their own, and a tun in it."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import pytest

from netns import Sandbox
from netns.doctor import OPEN_TUN, TUN
from tests.scenario.netns_networks import ping, two_hosts

REPOSITORY = Path(__file__).resolve().parents[2]
NOBODY = 65534

STORY = """
import os, sys
from pathlib import Path
sys.path.insert(0, {repository!r})
from netns import Nat, NatKind, Sandbox, sweep
from tests.scenario.netns_networks import behind_a_router, ping

place = Path(sys.argv[1])
assert os.getuid() == {uid}
with Sandbox.create("demo", place) as sandbox:
    assert sandbox.rootless and sandbox.missing == []
    client, router, near, far = behind_a_router(sandbox)
    router.apply(Nat(inside="eth0", outside="eth1", kind=NatKind.FULL_CONE))
    with sandbox.capture(place / "x.pcapng") as capture:
        assert ping(client, "203.0.113.3")
        assert not ping(far, "192.168.50.10")
    assert capture.path.stat().st_size > 500
    sleeper = client.start("sleeper", ["sleep", "1000"])
    assert Sandbox.open("demo", place).node("client").run(["id", "-u"]).stdout == "0\\n"
    assert os.stat(f"/proc/{{sleeper.pid}}").st_uid == {uid}
    {more}
assert [path.name for path in place.iterdir()] == ["x.pcapng"]
print("the end")
"""
TUN_TOO = f'client.run([sys.executable, "-I", "-S", "-c", {OPEN_TUN!r}])'


@cache
def python_for_everyone() -> str | None:
    """Find a Python that a user of no rights can run: root's own may stand in root's home."""
    for name in (sys.executable, *(shutil.which(f"python3{minor}") or "" for minor in ("", ".11"))):
        for program in (name, "/usr/bin/python3"):
            if program and _runs(program):
                return program
    return None


def _runs(program: str) -> bool:
    code = f"import sys; sys.path.insert(0, {str(REPOSITORY)!r}); import netns, tests"
    try:
        return subprocess.run([program, "-c", code], check=False, **as_nobody()).returncode == 0
    except OSError:
        return False


def as_nobody() -> dict:
    options = {"capture_output": True, "text": True, "cwd": "/", "timeout": 60}
    if os.geteuid() == 0:
        options |= {"user": NOBODY, "group": NOBODY, "extra_groups": []}
    return options


def tell(more: str) -> None:
    """Run the story as nobody (or as this user, who is not root either)."""
    program = python_for_everyone()
    if program is None:
        pytest.skip("needs a python3 >= 3.11 that every user may run")
    uid = NOBODY if os.geteuid() == 0 else os.getuid()
    with tempfile.TemporaryDirectory(prefix="vpnlab-") as place:
        Path(place).chmod(0o777)
        code = STORY.format(repository=str(REPOSITORY), uid=uid, more=more)
        done = subprocess.run([program, "-c", code, place], check=False, **as_nobody())
    assert done.stdout == "the end\n", done.stderr


def test_a_user_of_no_rights_builds_a_nat_captures_and_leaves_nothing():
    tell("pass")


@pytest.mark.tun
def test_a_user_of_no_rights_has_a_tun_where_the_device_is_open_to_all():
    before = stat.S_IMODE(TUN.stat().st_mode)
    if os.geteuid() == 0:
        TUN.chmod(0o666)
    try:
        tell(TUN_TOO)
    finally:
        if os.geteuid() == 0:
            TUN.chmod(before)


def test_root_may_have_a_rootless_one_too(tmp_path):
    with Sandbox.create("demo", tmp_path, rootless=True) as sandbox:
        client, _ = two_hosts(sandbox)
        assert ping(client, "192.0.2.2")
        own = Path("/proc/self/ns/user").readlink()
        assert Path(f"/proc/{client.pid}/ns/user").readlink() != own
