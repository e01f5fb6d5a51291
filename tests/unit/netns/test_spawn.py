"""Starting a process that reports, and who a process is outside."""

from __future__ import annotations

import os

import pytest

from netns import spawn
from netns.state import ProcessId


def test_a_process_is_identified_as_the_host_sees_it():
    fd = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    try:
        found = ProcessId(*spawn.host_identity(fd))
    finally:
        os.close(fd)
    assert found == ProcessId.of(os.getpid())


def test_an_exit_code_is_part_of_what_is_told_of_a_daemon():
    daemon = spawn.Daemon("client", "vpn", ["vpn"], "/log", 7, 1007, 99, 0.0, exit_code=-15)
    told = daemon.as_dict()
    assert told["exit_code"] == -15
    assert told["pid"] == 1007
    assert "inner_pid" not in told


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (FileNotFoundError(2, "No such file or directory", "openvpn"), "openvpn: No such file"),
        (PermissionError(1, "Operation not permitted"), "Operation not permitted"),
        (ValueError("embedded null byte"), "embedded null byte"),
    ],
)
def test_why_a_process_did_not_start_is_one_line(error, reason):
    assert spawn._reason(error).startswith(reason)
