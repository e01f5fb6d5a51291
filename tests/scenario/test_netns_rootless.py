"""A lab without root: a user of no rights has a network of their own, and a tun in it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

import pytest

from netns import Sandbox
from netns.doctor import OPEN_TUN
from tests.scenario import unprivileged
from tests.scenario.netns_networks import ping, two_hosts

STORY = """
import os, sys
from pathlib import Path
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


def tell(more: str) -> None:
    """Run the story as nobody (or as this user, who is not root either)."""
    program = unprivileged.python()
    if program is None:
        pytest.skip("needs a Python of this version that every user may run")
    uid = unprivileged.NOBODY if os.geteuid() == 0 else os.getuid()
    with tempfile.TemporaryDirectory(prefix="vpnlab-") as place:
        Path(place).chmod(0o777)
        done = subprocess.run(
            unprivileged.argv([program, "-c", STORY.format(uid=uid, more=more), place]),
            env=unprivileged.environment(),
            cwd="/", capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert done.stdout == "the end\n", done.stderr


def test_a_user_of_no_rights_builds_a_nat_captures_and_leaves_nothing():
    tell("pass")


@pytest.mark.tun
def test_a_user_of_no_rights_has_a_tun_where_the_device_is_open_to_all():
    tell(TUN_TOO)


def test_root_may_have_a_rootless_one_too(tmp_path):
    with Sandbox.create("demo", tmp_path, rootless=True) as sandbox:
        client, _ = two_hosts(sandbox)
        assert ping(client, "192.0.2.2")
        own = Path("/proc/self/ns/user").readlink()
        assert Path(f"/proc/{client.pid}/ns/user").readlink() != own
