"""The command line: quick to help, one line and status 1 for what is wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

from labs.cli import main


def run(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "labs", *arguments], capture_output=True, text=True, check=False
    )


def test_commands_are_those_of_the_documents():
    wanted = {"up", "down", "status", "exec", "shell", "doctor", "graph", "list"}
    assert wanted <= set(main.commands)


@pytest.mark.parametrize("command", [(), ("up",), ("exec",)])
def test_help_loads_nothing_heavy(command):
    words = (*command, "--help")
    code = (
        "import sys\nfrom labs.cli import main\n"
        f"try: main({list(words)!r})\nexcept SystemExit: pass\n"
        "heavy = {'rich', 'cryptography', 'OpenSSL', 'scapy', 'numpy', 'pyroute2', 'netns'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert "Usage: lab" in said
    assert said.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("up", "--server", "theirs"), "theirs"),
        (("up", "--topology", "nowhere"), 'no topology "nowhere"'),
        (("up", "--topology", "nowhere.toml"), "cannot read nowhere.toml: No such file"),
        (("up", "--set", "=x"), "write [END:]directive[=value]"),
        (("up", "--set", "nat:verb=4"), 'no end "nat" (one of client, server)'),
        (("up", "--set", "port=99999"), "port must be 1..65535"),
        (("up", "--speed", "101"), "--speed 101: speed must be 1..100"),
        (("up", "--speed", "fast"), "'fast' is not a valid float"),
        (("up", "--clock", "client=tomorrow"), "write [END=]+400d"),
        (("up", "--clock", "router=+1d"), 'no end "router"'),
        (("dance",), "No such command 'dance'"),
        (("exec", "--name", "no-such-lab", "client", "true"), "no sandbox no-such-lab is up"),
    ],
)
def test_what_is_wrong_is_one_line_and_status_1(arguments, words):
    done = run(*arguments)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith("lab: ")
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


def test_graph_draws_a_topology_that_is_not_up():
    done = run("graph", "--topology", "three-lans")
    assert done.returncode == 0
    assert "eth0  192.168.50.10" in done.stdout
