"""What is kept on disk, and who is still alive by it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from netns import state
from netns.errors import NetnsError
from netns.state import LabFile, ProcessId
from netns.sweep import sweep
from netns.wait import wait_for


@pytest.fixture
def child():
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield process
        process.kill()


def myself() -> ProcessId:
    found = ProcessId.of(os.getpid())
    assert found is not None
    return found


def test_a_running_process_is_alive_until_it_is_killed(child):
    identity = ProcessId.of(child.pid)
    assert identity is not None
    assert identity.is_alive
    assert identity.send_signal(9)
    assert identity.wait_gone(10)
    assert not identity.is_alive  # a zombie is not alive


def test_a_running_process_can_be_stopped_and_go_on(child):
    identity = ProcessId.of(child.pid)
    assert identity is not None
    assert not identity.is_stopped
    identity.send_signal(signal.SIGSTOP)
    wait_for(lambda: identity.is_stopped, 10, "the process to stop")
    identity.send_signal(signal.SIGCONT)
    wait_for(lambda: not identity.is_stopped, 10, "the process to go on")


def test_a_process_began_before_now(child):
    identity = ProcessId.of(child.pid)
    assert identity is not None
    assert myself().began <= identity.began <= time.clock_gettime(time.CLOCK_BOOTTIME)


def test_a_pid_that_was_used_again_is_not_signalled():
    recycled = ProcessId(os.getpid(), myself().start_time + 1)
    assert not recycled.is_alive
    assert not recycled.send_signal(9)
    assert recycled.wait_gone(0)


def test_a_process_that_is_gone_needs_no_waiting(child):
    identity = ProcessId.of(child.pid)
    child.kill()
    child.wait()
    assert identity is not None
    assert identity.wait_gone(0)
    assert not identity.send_signal(15)


LEADER_ENDS = """
import ctypes, platform, sys, threading
threading.Thread(target=sys.stdin.read).start()
SYS_EXIT = {"x86_64": 60, "aarch64": 93}[platform.machine()]  # of this thread alone
ctypes.CDLL(None).syscall(SYS_EXIT, 0)
"""


def test_a_process_is_gone_when_its_last_thread_is():
    argv = [sys.executable, "-c", LEADER_ENDS]
    with subprocess.Popen(argv, stdin=subprocess.PIPE) as process:
        identity = ProcessId.of(process.pid)
        assert identity is not None
        wait_for(lambda: not identity.is_alive, 10, "its first thread to end")
        assert not identity.wait_gone(0)
        process.stdin.close()
        assert identity.wait_gone(10)
        assert process.poll() is not None


def test_the_lab_file_is_read_as_written(tmp_path):
    file = LabFile("demo", myself(), rootless=True, saved={"topology": "three-lans"})
    file.write(tmp_path)
    assert LabFile.read(tmp_path) == file
    assert [path.name for path in tmp_path.iterdir()] == ["lab.json"]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"format": 99}', '{"format": 1}', "null"])
def test_a_lab_file_that_is_not_whole_is_none(tmp_path, text):
    (tmp_path / "lab.json").write_text(text, encoding="utf-8")
    assert LabFile.read(tmp_path) is None


@pytest.mark.parametrize("name", ["", "-x", "a/b", "..", "ä", "a b", "x" * 32])
def test_a_name_that_could_not_be_a_directory_is_refused(name):
    with pytest.raises(NetnsError, match="is no name for a node"):
        state.checked_name(name, "node")


def test_the_directory_is_the_runtime_directory_if_it_is_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert state.root() == tmp_path / "vpnlab"
    assert state.root().stat().st_mode & 0o777 == 0o700


def test_a_directory_that_others_can_write_to_is_refused(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    state.root().chmod(0o777)
    with pytest.raises(NetnsError, match="someone else"):
        state.root()


def test_a_lock_is_held_by_one_at_a_time(tmp_path):
    with state.locked(tmp_path) as ours:
        assert ours
        with state.locked(tmp_path, wait=False) as again:
            assert not again
    with state.locked(tmp_path, wait=False) as again:
        assert again


def test_a_lock_on_what_is_not_there_is_not_ours(tmp_path):
    with state.locked(tmp_path / "gone") as ours:
        assert not ours


def test_sweep_removes_the_dead_and_leaves_the_living(tmp_path):
    for name in ("alive", "dead", "half-made", "being-made"):
        (tmp_path / name).mkdir()
    LabFile("alive", myself(), rootless=False, saved={}).write(tmp_path / "alive")
    dead = ProcessId(os.getpid(), myself().start_time + 1)
    LabFile("dead", dead, rootless=False, saved={}).write(tmp_path / "dead")
    with state.locked(tmp_path / "being-made"):
        assert sweep(tmp_path) == ["dead", "half-made"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["alive", "being-made"]
