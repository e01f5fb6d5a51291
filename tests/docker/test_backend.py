"""`lab up --backend docker` and the commands on such a lab; nothing of it is left in the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from labs.build import DeadlinePassed, container_root, wait_for
from labs.errors import BackendError
from labs.lab import Lab
from tests.docker import engine

NAME = f"backend-{os.getpid()}"
PLUGIN_TEST = """
def test_it(lab):
    assert lab.sandbox.backend == "docker"
    assert "1 received" in lab["client"].run(["ping", "-c1", "files"]).stdout
"""


@pytest.fixture(scope="module")
def environment(docker_environment):
    """The tests' engine and image, for programs."""
    return {**docker_environment, "VPNLAB_IMAGE": engine.IMAGE}


@pytest.fixture(scope="module")
def program(environment):
    """Run `lab` in a process of its own: program("status")."""

    def run(*words, **options):
        argv = [sys.executable, "-m", "labs", *words]
        surroundings = {**environment, **options.pop("env", {})}
        return subprocess.run(
            argv, env=surroundings, cwd=engine.ROOT, capture_output=True, text=True, timeout=90
        )

    return run


@pytest.fixture(scope="module")
def up(program):
    """What `lab up` says; the lab is up then."""
    done = program("up", "--backend", "docker", "--name", NAME, "--json")
    assert done.returncode == 0, done.stderr
    yield json.loads(done.stdout)
    program("down", "--name", NAME)


@pytest.fixture
def lab(up, environment, monkeypatch):
    """The same lab, found by its name."""
    monkeypatch.setenv("DOCKER_HOST", environment.get("DOCKER_HOST", ""))
    found = Lab.open(NAME)
    yield found
    found.sandbox.close()


def left(docker, name=NAME):
    """The containers and networks of a lab."""
    mine = ("--filter", f"label=vpnlab.lab={name}", "--quiet")
    return docker("ps", "--all", *mine).split() + docker("network", "ls", *mine).split()


def test_up_ends_with_a_ping_through_the_tunnel(up):
    print(f"first reply {up['seconds_to_first_reply']} s after the command")
    assert up["up"]
    assert up["backend"] == "docker"


def test_up_again_finds_it_up(up, program):
    again = json.loads(program("up", "--backend", "docker", "--name", NAME, "--json").stdout)
    assert again["up"]
    assert not again["new"]


def test_the_other_backend_under_the_same_name_is_refused(up, program):
    said = program("up", "--name", NAME).stderr
    assert "is up with other settings" in said
    assert "backend docker" in said


def test_status_and_list_know_it(up, program):
    status = program("status", "--name", NAME, "--json")
    assert status.returncode == 0
    assert {end["state"] for end in json.loads(status.stdout)["ends"]} == {"up"}
    assert NAME in [one["name"] for one in json.loads(program("list", "--json").stdout)["labs"]]


def test_exec_runs_on_a_node_with_its_exit_status(up, program):
    assert (
        "You have reached files"
        in program(*("exec", "--name", NAME, "client", "curl", "-s", "http://files/")).stdout
    )
    assert program("exec", "--name", NAME, "nat", "sh", "-c", "exit 7").returncode == 7


def test_the_nat_translates_and_the_tunnel_hides(lab):
    assert "Peer Connection Initiated with [AF_INET]203.0.113.2:" in lab.server.log_text()
    assert "dev tun0" in lab.run("client", ["ip", "route", "get", "10.20.0.10"]).stdout


def test_links_are_those_of_the_topology(lab):
    for node in lab.topology.nodes:
        found = lab[node.name].links()
        for port in lab.topology.ports(node.name):
            said = lab.run(node.name, ["ip", "-brief", "address", "show", port.dev]).stdout
            assert port.address in said
            assert found[port.dev].is_up


def test_the_containers_have_no_more_rights_than_they_need(up, docker):
    own = ("--filter", f"label=vpnlab.lab={NAME}", "--quiet")
    for one in json.loads(docker("inspect", *docker("ps", *own).split())):
        host = one["HostConfig"]
        assert not host["Privileged"]
        assert [name.removeprefix("CAP_") for name in host["CapAdd"]] == ["NET_ADMIN"]
        assert [device["PathInContainer"] for device in host["Devices"]] == ["/dev/net/tun"]


def test_a_program_that_takes_too_long_is_ended_in_its_container(lab):
    with pytest.raises(DeadlinePassed):
        lab["laptop"].run(["sleep", "4321"], timeout=0.5)

    def is_gone():
        return "sleep 4321" not in lab.run("laptop", ["ps", "-ef"]).stdout

    wait_for(is_gone, 5, "sleep to end")


def test_what_docker_cannot_do_is_refused_by_name(lab, program, tmp_path):
    with pytest.raises(BackendError, match="no cable that could be pulled"):
        lab["client"].set_carrier("eth0", up=False)
    with pytest.raises(BackendError, match="no common switch to record"):
        lab.sandbox.capture(tmp_path / "all.pcapng")
    said = program("scenario", "run", "firewall-drop", "--backend", "docker").stderr
    assert said == "lab: --speed: containers have the host's clock (--backend netns)\n"


def test_an_image_that_is_not_there_is_one_line(program, docker):
    name = f"none-{os.getpid()}"
    done = program("up", "--backend", "docker", "--name", name, env={"VPNLAB_IMAGE": "none:none"})
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if line.startswith("lab:")]
    assert lines == [
        "lab: no image none:none "
        "(docker build -t vpnlab . (or scripts/container-image), or set VPNLAB_IMAGE)"
    ]
    assert left(docker, name) == []


def test_the_plugin_brings_labs_up_in_containers(environment, tmp_path):
    (tmp_path / "test_it.py").write_text(PLUGIN_TEST, encoding="utf-8")
    argv = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--backend", "docker"]
    done = subprocess.run(
        [*argv, "--rootdir", tmp_path, tmp_path], env={**environment, "PYTHONPATH": engine.ROOT},
        cwd=tmp_path, capture_output=True, text=True, timeout=90,
    )  # fmt: skip
    assert "1 passed" in done.stdout, done.stdout


def test_a_half_built_lab_ends_with_who_builds_it(environment, program, docker):
    name = f"crash-{os.getpid()}"
    words = ["up", "--backend", "docker", "--name", name, "--set", "client:-remote"]
    words += ["--set", "client:remote=198.51.100.10 9"]  # so that it waits for its tunnel
    building = subprocess.Popen(
        [sys.executable, "-m", "labs", *words], env=environment, cwd=engine.ROOT,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        log = container_root() / name / "logs" / "client-vpn.log"
        wait_for(log.exists, 60, "the client to be started")
        assert len(left(docker, name)) == 12
    finally:
        building.send_signal(signal.SIGKILL)
        building.wait()
    wait_for(lambda: len(left(docker, name)) <= 5, 60, "the containers to be gone")
    program("down", "--name", name)
    assert left(docker, name) == []


def test_down_leaves_nothing(up, program, docker):
    assert program("down", "--name", NAME).stdout == f"lab {NAME} is down\n"
    assert left(docker) == []
    assert not Path(up["directory"]).exists()
