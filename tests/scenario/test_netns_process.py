"""Programs in a node: run to their end, or started to stay (netns.node, netns.process)."""

from __future__ import annotations

import re
import signal
import sys

import pytest

from netns import CommandFailed, DeadlinePassed, NetnsError, Sandbox, wait_for
from netns.node import end_group
from tests.scenario.netns_networks import PYTHON, two_hosts

TALK = """
import signal, sys
print("one")
print("two", file=sys.stderr)
print("ready at last")
signal.pause()
"""
DEAF = """
import signal
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf")
signal.pause()
"""


@pytest.fixture
def sandbox(tmp_path):
    with Sandbox.create("demo", tmp_path) as sandbox:
        yield sandbox


@pytest.fixture
def node(sandbox):
    return sandbox.add_node("client")


def test_run_gives_output_input_directory_and_environment(node, tmp_path):
    code = "import os, sys; print(os.getcwd(), sys.stdin.read(), os.environ['WORD'])"
    done = node.run(
        [sys.executable, "-c", code],
        stdin="fed",
        cwd=tmp_path,
        env={"WORD": "said", "PATH": "/bin"},
    )
    assert done.stdout == f"{tmp_path} fed said\n"


def test_run_raises_what_a_failed_command_said(node):
    with pytest.raises(CommandFailed, match="exit status 3: it hurts") as failure:
        node.run(["sh", "-c", "echo it hurts >&2; exit 3"])
    assert failure.value.result.returncode == 3
    assert node.run(["sh", "-c", "exit 3"], check=False).returncode == 3


def test_run_kills_what_is_late_with_all_its_children(node):
    with pytest.raises(DeadlinePassed, match=r"not within 0\.2 s"):
        node.run(["sh", "-c", "sleep 1000 & wait"], timeout=0.2)
    names = node.run(["sh", "-c", "cat /proc/[0-9]*/comm"], check=False).stdout.split()
    assert "sleep" not in names


def test_popen_is_ended_with_its_group(node):
    process = node.popen(["sh", "-c", "sleep 1000 & wait"])
    end_group(process)
    assert process.returncode == -signal.SIGKILL


def test_start_waits_for_the_line_and_keeps_both_streams(node):
    process = node.start("talker", [*PYTHON, TALK], ready="ready at last")
    assert process.alive
    assert process.log_text().split() == ["one", "two", "ready", "at", "last"]
    assert process.wait_log(re.compile(r"tw(.)")).group(1) == "o"
    assert node.processes()["talker"].pid == process.pid
    assert process.stop() == -signal.SIGTERM
    assert not process.alive


def test_start_says_at_once_when_the_program_ends_instead(node):
    with pytest.raises(NetnsError, match=r"(?s)it ended instead.*no such flag"):
        node.start("x", ["sh", "-c", "echo no such flag; exit 2"], ready="ready", timeout=60)
    assert node.processes()["x"].exit_code == 2


def test_start_waits_for_what_a_daemon_prints_after_its_parent_has_ended(node):
    code = "(while kill -0 $$ 2>/dev/null; do :; done; echo settled) & exit 0"
    daemon = node.start("daemon", ["sh", "-c", code], ready="settled")
    assert daemon.exit_code == 0


def test_start_says_what_never_came(node):
    with pytest.raises(DeadlinePassed, match="client: x to print 'ready': not within"):
        node.start("x", ["sleep", "1000"], ready="ready", timeout=0.1)


def test_start_says_when_there_is_no_such_program(node):
    with pytest.raises(NetnsError, match=r"no-such-program: No such file"):
        node.start("x", ["no-such-program"], env={"PATH": "/usr/bin:/bin"})


def test_one_that_does_not_listen_to_sigterm_is_killed(node):
    process = node.start("deaf", [*PYTHON, DEAF], ready="deaf")
    assert process.stop(timeout=0.1) == -signal.SIGKILL
    assert not process.alive


def test_a_name_can_be_used_again_once_its_process_has_ended(node):
    first = node.start("x", ["sleep", "1000"])
    with pytest.raises(NetnsError, match="client runs a x already"):
        node.start("x", ["sleep", "1000"])
    first.kill()
    second = node.start("x", ["sleep", "1000"])
    assert node.processes()["x"].pid == second.pid != first.pid


def test_what_a_daemon_leaves_behind_is_collected(sandbox, node):
    node.run(["sh", "-c", "(true &) ; (true &)"])

    def zombies() -> list[str]:
        states = sandbox.node("switch").run(["sh", "-c", "cat /proc/[0-9]*/stat"], check=False)
        return [line for line in states.stdout.splitlines() if line.rpartition(")")[2][1] == "Z"]

    wait_for(lambda: not zombies(), 5, "the orphans to be collected")


@pytest.mark.parametrize("proto", ["tcp", "udp"])
@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_wait_listening_sees_a_socket_in_the_node(sandbox, proto, address):
    _, server = two_hosts(sandbox)
    code = (
        "import socket, signal\n"
        f"s = socket.socket(socket.AF_INET{'6' if ':' in address else ''},"
        f" socket.SOCK_{'STREAM' if proto == 'tcp' else 'DGRAM'})\n"
        f"s.bind(({address!r}, 1194))\n"
        + ("s.listen()\n" if proto == "tcp" else "")
        + "signal.pause()"
    )
    server.start("listener", [*PYTHON, code])
    server.wait_listening(1194, proto)
    with pytest.raises(DeadlinePassed, match=f"to listen on {proto} port 1195"):
        server.wait_listening(1195, proto, timeout=0)


def test_a_program_that_is_no_daemon_is_not_waited_for_once_it_has_ended(node):
    process = node.start("short", ["true"])
    process.wait()
    with pytest.raises(NetnsError, match="it ended instead"):
        process.wait_log("never", is_daemon=False)
