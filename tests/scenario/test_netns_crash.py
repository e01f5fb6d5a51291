"""Whatever is killed, and whenever: no process and no mount stays, and sweep finds the files.

The holder (netns.holder) is the sandbox; until it is told to persist it ends with its maker.
"""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from netns import Sandbox, sweep, wait_for
from netns.state import ProcessId
from tests.scenario.netns_networks import two_hosts

# A daemon as bad as they come: a session of its own, orphaned, deaf to SIGTERM.
STUBBORN = """
import os, signal
reader, writer = os.pipe()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        print("settled", flush=True)
        os.write(writer, b"!")
        signal.pause()
os.read(reader, 1)  # the first process ends after its word is out, not before
"""

BUILD = """
import sys
from pathlib import Path
from netns import Sandbox
def step(name):
    print(name, flush=True)
sandbox = Sandbox.create("demo", Path(sys.argv[1]))
step("created")
nodes = [sandbox.add_node(name) for name in ("a", "b", "c")]
step("nodes")
sandbox.add_segment("lan", [(node, "eth0") for node in nodes])
step("segment")
nodes[0].start("daemon", [sys.executable, "-c", sys.argv[2]], ready="settled")
step("daemon")
sandbox.capture(Path(sys.argv[1], "demo.pcapng"))
step("capture")
input()
"""


def processes_of(place: Path) -> list[int]:
    """Find every process that carries a sandbox's directory in its command line."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            text = path.read_bytes().decode(errors="replace")
        except OSError:
            continue  # it has just ended
        if "netns." in text and str(place) in text:
            found.append(int(path.parent.name))
    return found


def in_the_sandbox(holder: int) -> list[ProcessId]:
    """Find every process in the pid namespace of a holder."""
    own = Path(f"/proc/{holder}/ns/pid").readlink()
    found = []
    for path in Path("/proc").glob("[0-9]*/ns/pid"):
        try:
            identity = (
                ProcessId.of(int(path.parent.parent.name)) if path.readlink() == own else None
            )
        except OSError:
            continue
        if identity is not None:
            found.append(identity)
    return found


def mounts() -> str:
    return Path("/proc/self/mountinfo").read_text(encoding="utf-8")


def test_a_killed_holder_takes_everything_with_it(tmp_path):
    before = mounts()
    sandbox = Sandbox.create("demo", tmp_path)
    client, _ = two_hosts(sandbox)
    client.start("daemon", [sys.executable, "-c", STUBBORN], ready="settled")
    everyone = in_the_sandbox(sandbox.pid)
    assert len(everyone) >= 4  # the holder, two nodes, the daemon
    holder = ProcessId.of(sandbox.pid)
    assert holder is not None
    holder.send_signal(signal.SIGKILL)
    assert holder.wait_gone(10)
    assert [one for one in everyone if one.is_alive] == []
    assert mounts() == before
    assert Sandbox.list(tmp_path) == []
    assert sweep(tmp_path) == ["demo"]
    assert list(tmp_path.iterdir()) == []


def test_a_sandbox_that_died_is_replaced_without_ado(tmp_path):
    first = Sandbox.create("demo", tmp_path)
    holder = ProcessId.of(first.pid)
    assert holder is not None
    holder.send_signal(signal.SIGKILL)
    assert holder.wait_gone(10)
    with Sandbox.create("demo", tmp_path) as second:
        assert second.add_node("client").run(["true"]).returncode == 0


@pytest.mark.parametrize("moment", ["created", "nodes", "segment", "daemon", "capture"])
def test_a_maker_that_is_killed_half_way_leaves_nothing_running(tmp_path, moment):
    place = tmp_path / "state"
    command = [sys.executable, "-c", BUILD, str(place), STUBBORN]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as maker:
        assert maker.stdout is not None
        for line in maker.stdout:
            if line.strip() == moment:
                break
        (file,) = place.glob("demo/lab.json")
        everyone = in_the_sandbox(Sandbox.open("demo", place).pid)
        assert everyone
        assert file.exists()
        maker.kill()
    wait_for(lambda: not any(one.is_alive for one in everyone), 10, "all of the sandbox to end")
    assert sweep(place) == ["demo"]


@pytest.mark.parametrize("sign", ["demo", "demo/holder.sock", "demo/holder.log", "demo/logs"])
def test_a_maker_that_is_killed_while_the_holder_starts_leaves_nothing(tmp_path, sign):
    place = tmp_path / "state"
    command = [sys.executable, "-c", BUILD, str(place), STUBBORN]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as maker:
        wait_for((place / sign).exists, 20, f"the maker to make {sign}")
        maker.kill()
    wait_for(lambda: not processes_of(place), 10, "the holder to end")
    wait_for(lambda: sweep(place) or not (place / "demo").exists(), 10, "the files to be free")
    assert list(place.iterdir()) == []
