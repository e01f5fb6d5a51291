"""The keeper of a container and the relay to it, on a node of namespaces."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from labs import ours
from labs.containers import relay
from labs.containers.relay import RUN
from netns import Sandbox, wait_for


@pytest.fixture
def sandbox(tmp_path):
    with Sandbox.create("kept", tmp_path) as made:
        yield made


@pytest.fixture
def kept(sandbox, tmp_path):
    """A node with a keeper, and a way to ask it."""
    node, other = sandbox.add_node("inside"), sandbox.add_node("other")
    sandbox.add_segment("lan", [(node, "eth0"), (other, "eth0")])
    (tmp_path / "lab").mkdir()
    python, env = [sys.executable], ours.environment()
    words = ["-m", "labs.containers.keeper", "inside", str(tmp_path / "lab")]
    keeper = node.start("keeper", [*python, *words], env=env, timeout=0)
    agent = node.popen(
        [*python, "-S", "-E", relay.__file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )

    def ask(operation, **arguments):
        agent.stdin.write(json.dumps({"do": operation, **arguments}) + "\n")
        agent.stdin.flush()
        return json.loads(agent.stdout.readline())

    ask.node, ask.keeper, ask.agent, ask.lab = node, keeper, agent, tmp_path / "lab"
    yield ask
    agent.stdin.close()
    agent.wait()
    agent.stdout.close()


def start(kept, name, *argv):
    asked = {"node": "inside", "name": name, "argv": list(argv), "env": {}, "cwd": "/"}
    return kept("start", **asked)["value"]


def state(kept, facts):
    asked = {"pid": facts["pid"], "start_time": facts["start_time"]}
    return kept("process_state", **asked)["value"]


def test_it_is_one_node_and_starts_programs_there(kept):
    (facts,) = kept("nodes")["value"]
    assert facts["name"] == "inside"
    started = start(kept, "words", "sh", "-c", "echo hello; exit 7")
    wait_for(lambda: state(kept, started) == "gone", 5, "the program to end")
    assert kept("processes")["value"][0]["exit_code"] == 7
    assert Path(started["log"]).read_text("utf-8") == "hello\n"
    assert Path(started["log"]).is_relative_to(kept.lab)


def test_programs_are_stopped_and_killed_by_its_hand(kept):
    started = start(kept, "waits", "sleep", "600")
    target = {"pid": started["pid"], "start_time": started["start_time"]}
    assert kept("send_signal", number=19, **target)["value"] is True
    wait_for(lambda: state(kept, started) == "stopped", 5, "the program to stand still")
    kept("send_signal", number=9, **target)
    wait_for(lambda: state(kept, started) == "gone", 5, "the program to end")
    assert kept("send_signal", number=9, **target)["value"] is False


def test_a_run_ends_with_all_that_has_come_of_it(kept):
    words = ["sh", "-c", "sleep 600 & sleep 601"]
    process = kept.node.popen(words, env={RUN: "abc"})
    own = f"{RUN}=abc".encode()

    def members():
        found = []
        for place in Path("/proc").glob("[0-9]*/environ"):
            try:
                found += [place] if own in place.read_bytes().split(b"\0") else []
            except OSError:
                continue
        return found

    wait_for(lambda: len(members()) >= 3, 5, "all of it to run")
    kept("end_run", run="abc")
    wait_for(lambda: not members(), 5, "all of it to end")
    process.wait()


def test_links_are_named_by_the_addresses_they_came_with(kept):
    kept.node.add_address("eth0", "172.30.0.5/16")
    kept.node.add_route("default", via="172.30.0.1")
    assert "error" not in kept("claim_links", node="inside", wanted={"eth7": "172.30.0.5"})
    assert "172.30.0.5" not in kept.node.run(["ip", "address"]).stdout
    assert kept.node.run(["ip", "route"]).stdout == ""
    assert "eth7" in kept.node.links()


def test_it_ends_with_the_first_who_asked_unless_told_to_persist(kept):
    kept.agent.stdin.close()
    kept.keeper.wait(5)
    assert not kept.keeper.alive


def test_it_outlives_the_first_once_it_is_told_to_persist(kept, sandbox):
    assert kept("persist") == {"value": None}
    kept.agent.stdin.close()
    kept.agent.wait()
    again = kept.node.run(
        [sys.executable, "-S", "-E", relay.__file__], stdin='{"do": "nodes"}\n', timeout=5
    )
    assert json.loads(again.stdout)["value"][0]["name"] == "inside"
    assert kept.keeper.alive
    assert time.time() > kept.keeper.started
    assert sandbox.alive
