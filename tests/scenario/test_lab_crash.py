"""kill -9 of anything at any moment: nothing is left, and the next `lab up` works."""

from __future__ import annotations

import os
import random
import signal
import subprocess

import pytest

from netns import wait_for
from tests.scenario.lab_program import LabProgram
from tests.scenario.test_netns_host import host

pytestmark = pytest.mark.tun

CRASHES = 50
SEED = 7
LONGEST_LIFE = 1.2  # of a `lab up` that is killed half-way; it takes about a second
GONE_SECONDS = 10.0


@pytest.fixture
def lab(tmp_path):
    program = LabProgram(tmp_path)
    yield program
    program("down", "--all")
    assert program.left_over() == []


def no_processes(lab) -> None:
    wait_for(lambda: not lab.processes(), GONE_SECONDS, "the lab's last process to end")


def kill_up_half_way(lab, life: float) -> None:
    """Kill `lab up` when it has lived so long, whatever it is doing then."""
    options = {"env": lab.environment, "cwd": lab.place}
    pipes = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(lab.argv("up"), **options, **pipes) as process:
        try:
            process.wait(life)
        except subprocess.TimeoutExpired:
            process.kill()


def kill_holder(lab) -> None:
    os.kill(lab.json("up")["pid"], signal.SIGKILL)
    no_processes(lab)


def kill_end(lab, role: str) -> None:
    status = lab.json("up")
    (victim,) = (end for end in status["ends"] if end["role"] == role)
    os.kill(victim["pid"], signal.SIGKILL)
    mended = lab.json("up")
    assert not mended["new"]
    assert mended["pid"] == status["pid"]
    assert mended["up"]


@pytest.mark.parametrize("role", ["client", "server"])
def test_up_mends_a_tunnel_whose_end_was_killed(lab, role):
    kill_end(lab, role)
    assert lab.json("status")["up"]


def test_holder_that_is_killed_takes_all_with_it(lab):
    kill_holder(lab)
    assert lab("list").stdout.startswith("no lab is up\n")
    assert lab("down").stdout == "no lab is up\n"
    assert lab.left_over() == []
    assert lab.json("up")["up"]


@pytest.mark.slow
def test_fifty_random_crashes_leave_nothing_and_the_host_as_it_was(lab):
    before = host()
    chance = random.Random(SEED)
    for _crash in range(CRASHES):
        match chance.choice(("half-way", "half-way", "holder", "client", "server")):
            case "half-way":
                lab("down")
                kill_up_half_way(lab, chance.uniform(0.0, LONGEST_LIFE))
                if not lab.json("list")["labs"]:
                    no_processes(lab)
            case "holder":
                kill_holder(lab)
            case role:
                kill_end(lab, role)
    assert lab.json("up")["up"]
    lab("down")
    assert lab.left_over() == []
    assert host() == before
