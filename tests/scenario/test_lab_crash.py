"""kill -9 of anything at any moment: nothing is left, and the next `lab up` works."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from netns import wait_for
from netns.state import ProcessId
from tests.scenario.lab_program import LabProgram
from tests.scenario.test_netns_crash import in_the_sandbox
from tests.scenario.test_netns_host import host

pytestmark = pytest.mark.tun

NAME = "three-lans"
GONE_SECONDS = 10.0
SECONDS = 30.0

# Whom to kill, and how long at most after it is there; `lab up` takes a second or two in all.
LONGEST_LIFE = {"lab up": 1.2, "holder": 1.5, "client": 0.8, "server": 1.0}
BATCHES = 5
BATCH = ("lab up", "lab up", "lab up", "holder", "holder", "holder",
         "client", "client", "server", "server")  # fmt: skip


@pytest.fixture
def lab(tmp_path):
    program = LabProgram(tmp_path)
    (tmp_path / "tmp").mkdir()
    program.environment |= {"TMPDIR": str(tmp_path / "tmp"), "HOME": str(tmp_path)}
    yield program
    program("down", "--all")
    assert left_over(program) == []


def left_over(lab) -> list[str]:
    """The processes and the files that are there, wherever the program may have put them."""
    own = {lab.state, lab.place / "tmp"}
    files = [str(path) for path in lab.place.rglob("*") if path not in own]
    return [*files, *lab.processes().values()]


def unchanging() -> dict[str, str]:
    """The host without /run, where any service of the machine may come and go meanwhile."""
    return {what: text for what, text in host().items() if what != "/run"}


def no_processes(lab) -> None:
    wait_for(lambda: not lab.processes(), GONE_SECONDS, "the lab's last process to end")


def find(lab, victim) -> int | None:
    """The pid of one of the lab's processes, if it is there."""
    for pid, command in lab.processes().items():
        with contextlib.suppress(OSError):
            name = Path(f"/proc/{pid}/comm").read_text(encoding="utf-8").strip()
            if f"vpn --config {victim}.conf" in command or (victim, name) == (
                "holder",
                f"lab {NAME}",
            ):
                return pid
    return None


def kill_while_it_comes_up(lab, victim, life) -> bool:
    """Begin `lab up`; when the victim is there and has lived so long, kill it.

    False if there was nobody to kill: `lab up` had ended.
    """
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE, "text": True}
    options = {"env": lab.environment, "cwd": lab.place}
    with subprocess.Popen(lab.argv("up"), **options, **pipes) as up:
        is_up = victim == "lab up"
        pid = up.pid if is_up else wait_for(lambda: find(lab, victim), SECONDS, victim)
        with contextlib.suppress(subprocess.TimeoutExpired):
            up.wait(life)
        holder = find(lab, "holder")
        everyone = in_the_sandbox(holder) if holder else []
        if is_up and up.poll() is not None:
            return False
        os.kill(pid, signal.SIGKILL)
        errors = up.communicate(timeout=SECONDS)[1]
    assert "Traceback" not in errors
    if not lab.json("list")["labs"]:
        no_processes(lab)
        assert [one for one in everyone if one.is_alive] == []
    return True


def next_up_works_and_down_leaves_nothing(lab) -> None:
    status = lab.json("up")
    assert status["up"]
    everyone = in_the_sandbox(status["pid"])
    assert len(everyone) > len(status["ends"])
    lab("down")
    assert [one for one in everyone if one.is_alive] == []
    assert left_over(lab) == []


@pytest.mark.parametrize("role", ["client", "server"])
def test_up_mends_a_tunnel_whose_end_was_killed(lab, role):
    status = lab.json("up")
    (end,) = (end for end in status["ends"] if end["role"] == role)
    os.kill(end["pid"], signal.SIGKILL)
    mended = lab.json("up")
    assert not mended["new"]
    assert mended["pid"] == status["pid"]
    assert lab.json("status")["up"]


def test_holder_that_is_killed_takes_all_with_it(lab):
    holder = ProcessId.of(lab.json("up")["pid"])
    holder.send_signal(signal.SIGKILL)
    no_processes(lab)
    assert holder.wait_gone(GONE_SECONDS)  # the last of all, and without a name by then
    assert lab("list").stdout.startswith("no lab is up\n")
    assert lab("down").stdout == "no lab is up\n"
    assert left_over(lab) == []
    next_up_works_and_down_leaves_nothing(lab)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(BATCHES))
def test_random_crashes_leave_nothing_and_the_host_as_it_was(lab, seed, capsys):
    before, chance = unchanging(), random.Random(seed)
    victims, killed = chance.sample(BATCH, len(BATCH)), Counter()
    while victims:
        life = chance.uniform(0.0, LONGEST_LIFE[victims[-1]])
        if kill_while_it_comes_up(lab, victims[-1], life):
            killed[victims.pop()] += 1
        next_up_works_and_down_leaves_nothing(lab)
        assert unchanging() == before
    with capsys.disabled():
        figures = ", ".join(f"{name} {count}" for name, count in sorted(killed.items()))
        print(f" {killed.total()} killed ({figures}), 0 left over, host byte-identical ")
