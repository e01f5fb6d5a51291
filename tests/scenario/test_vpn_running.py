"""What the process itself is told to be: confined to a directory, nice, in memory, and supervised.

near ===(tun)=== far -- files
"""

from __future__ import annotations

import os
import re
import signal
import socket
from pathlib import Path

import pytest

from tests.scenario.vpn_site import FILES, pings, wait_answers, wait_said

pytestmark = [pytest.mark.tun, pytest.mark.root]


@pytest.mark.shows("chroot")
def test_ends_in_a_root_of_their_own_carry_packets_and_restart(tunnel, tmp_path):
    lab = tunnel("ours", "ours", f"chroot={tmp_path}", "user=nobody", "persist-tun", "persist-key")
    for end in lab.ends:
        assert os.readlink(f"/proc/{end.process.pid}/root") == str(tmp_path)
        assert f"chroot to '{tmp_path}' and cd to '/' succeeded" in end.log_text()
    assert pings(lab["near"], FILES)
    lab.client.process.send_signal(signal.SIGUSR1)
    wait_said(lab.client, "Initialization Sequence Completed", times=2)
    wait_answers(lab["near"], FILES)


@pytest.mark.shows("nice", "mlock")
def test_a_nice_client_stays_in_memory(tunnel):
    lab = tunnel("ours", "ours", "client:nice=7", "client:mlock")
    pid = lab.client.process.pid
    status = Path(f"/proc/{pid}/status").read_text()
    assert os.getpriority(os.PRIO_PROCESS, pid) == 7
    assert int(re.search(r"VmLck:\s+(\d+)", status)[1]) > 0
    assert "mlockall call succeeded" in lab.client.log_text()


def test_a_supervisor_is_told_how_far_it_is(tunnel, tmp_path, monkeypatch):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as supervisor:
        supervisor.bind(str(tmp_path / "notify"))
        supervisor.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        lab = tunnel("ours", "ours")
        told = [supervisor.recv(1000).decode() for _ in range(4)]
    assert sorted(text.partition("\n")[0] for text in told) == [
        "READY=1", "READY=1",
        "STATUS=Initialization Sequence Completed", "STATUS=Initialization Sequence Completed",
    ]  # fmt: skip
    assert lab.client.is_alive
