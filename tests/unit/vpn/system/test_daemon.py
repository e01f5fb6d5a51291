"""The process in the background."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from vpn.errors import SystemFailure
from vpn.system import daemon

BACKGROUND = """
import os, sys
from vpn.system import daemon
daemon.daemonize()
daemon.write_pid(sys.argv[1])
print("not seen by the terminal")
with open(sys.argv[2], "w") as pipe:
    pipe.write(f"{os.getpid()} {os.getsid(0)} {os.getcwd()}")
"""


def test_the_parent_leaves_at_once_and_the_child_has_no_terminal(tmp_path):
    pipe, pid_file = tmp_path / "pipe", tmp_path / "pid"
    os.mkfifo(pipe)
    done = subprocess.run(
        [sys.executable, "-c", BACKGROUND, str(pid_file), str(pipe)],
        capture_output=True, text=True, timeout=20, check=True,
    )  # fmt: skip
    pid, session, directory = pipe.read_text().split()
    assert done.stdout == ""
    assert pid_file.read_text() == f"{pid}\n"
    assert session not in (pid, str(os.getsid(0)))
    assert directory == os.getcwd()  # until all is open


def test_a_pid_file_that_cannot_be_is_one_line(tmp_path):
    with pytest.raises(SystemFailure, match="Open error on pid file"):
        daemon.write_pid(str(tmp_path / "no" / "pid"))


def test_nice_is_set_not_added():
    code = "import os; from vpn.system import daemon; daemon.set_nice(7); daemon.set_nice(7);"
    code += "print(os.getpriority(os.PRIO_PROCESS, 0))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "7\n"
