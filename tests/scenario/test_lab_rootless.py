"""`lab` for a user without rights: the same lab, or the one line that says what is missing."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from pathlib import Path

import pytest

from labs import build
from netns import wait_for
from netns.state import ProcessId
from tests.scenario import unprivileged
from tests.scenario.lab_program import LabProgram
from tests.scenario.test_netns_host import host

needs_root = pytest.mark.root
GONE_SECONDS = 10.0
UDP_TIMEOUT = "net.netfilter.nf_conntrack_udp_timeout"


class UnprivilegedLab(LabProgram):
    """The program as nobody runs it."""

    def __init__(self, place: Path) -> None:
        super().__init__(place)
        self.environment = {
            **unprivileged.environment(), "HOME": str(place), "XDG_RUNTIME_DIR": str(place),
        }  # fmt: skip
        self.conditions = {}

    def argv(self, *words: str) -> list[str]:
        program = unprivileged.python()
        assert program is not None, "needs a Python of this version that every user may run"
        return unprivileged.argv([program, "-m", "labs", *words], **self.conditions)


@pytest.fixture
def lab():
    """In /tmp: pytest's own directories are root's, and no one else may pass through them."""
    with tempfile.TemporaryDirectory(prefix="vpnlab-") as place:
        if os.geteuid() == 0:
            os.chown(place, unprivileged.NOBODY, unprivileged.NOBODY)
        program = UnprivilegedLab(Path(place))
        yield program
        program.conditions = {}
        program("down", "--all")
        assert program.left_over() == []


@pytest.mark.tun
@pytest.mark.libfaketime
@pytest.mark.openvpn
@pytest.mark.parametrize(("client", "server"), [("ours", "openvpn"), ("openvpn", "ours")])
def test_clocks_run_faster_without_root_too(lab, client, server):
    began = time.monotonic()
    status = lab.json("up", "--speed", "30", "--client", client, "--server", server)
    assert status["rootless"]
    assert int(lab("exec", "nat", "sysctl", "-n", UDP_TIMEOUT).stdout) == 1
    logs = {end["role"]: Path(end["log"]) for end in status["ends"]}
    pid = next(end["pid"] for end in status["ends"] if end["role"] == "server")
    os.kill(pid, signal.SIGSTOP)
    wait_for(lambda: "--ping-restart" in logs["client"].read_text("utf-8"), 20, "ping-restart")
    assert time.monotonic() - began < 40  # by the real clock it takes 60 s


@pytest.mark.tun
def test_lab_comes_up_without_root(lab):
    status = lab.json("up")
    assert status["up"]
    assert status["rootless"]
    assert lab("exec", "client", "id", "-u").stdout == "0\n"
    assert lab("exec", "client", "ping", "-c1", "-W2", "files").returncode == 0
    assert not lab.json("up")["new"]
    assert "10.8.0.2" in lab("graph").stdout


@pytest.mark.tun
@pytest.mark.parametrize("proto", ["udp", "tcp"])
@pytest.mark.parametrize("device", ["tun", "tap"])
def test_our_program_works_without_root(lab, device, proto):
    status = lab.json("up", "--set", f"dev={device}", "--set", f"proto={proto}")
    assert status["up"]
    assert {end["program"] for end in status["ends"]} == {"ours"}
    assert lab("exec", "files", "ping", "-c1", "-W2", "10.8.0.2").returncode == 0


@pytest.mark.tun
@pytest.mark.parametrize("name", ["bridged", "two-servers", "server-behind-nat"])
def test_bridge_balancer_and_forwarded_port_work_without_root(lab, name):
    status = lab.json("up", name)
    assert status["up"]
    assert status["rootless"]


@pytest.mark.tun
@pytest.mark.program("curl")
def test_services_on_low_ports_work_without_root(lab):
    lab("up")
    for scheme in ("http", "ftp"):
        url = f"{scheme}://10.20.0.10/index.html"
        assert "You have reached files" in lab("exec", "client", "curl", "-sS", "-m5", url).stdout
    assert lab("exec", "files", "ss", "-lnu", "sport = 53").stdout.count(":53 ") == 1


@pytest.mark.tun
@needs_root
def test_killed_holder_leaves_nothing_without_root_too(lab):
    before = host()
    holder = ProcessId.of(lab.json("up")["pid"])
    holder.send_signal(signal.SIGKILL)
    wait_for(lambda: not lab.processes(), GONE_SECONDS, "the lab's last process to end")
    assert holder.wait_gone(GONE_SECONDS)  # the last of all, and without a name by then
    assert lab("down").stdout == "no lab is up\n"
    assert lab.left_over() == []
    assert lab.json("up")["up"]
    assert host() == before


@pytest.mark.tun
@pytest.mark.openvpn
@pytest.mark.parametrize("device", ["tun", "tap"])
def test_stock_program_works_without_root(lab, device):
    words = ("--client", "openvpn", "--server", "openvpn", "--set", f"dev={device}")
    assert lab.json("up", *words)["up"]


@needs_root
def test_tun_of_mode_0600_is_named_with_its_fix(lab):
    lab.conditions = {"tun_mode": "0600"}
    assert lab.refusal("up").endswith("(sudo chmod 0666 /dev/net/tun)")
    assert "sudo chmod 0666 /dev/net/tun" in lab("doctor", status=1).stdout


@needs_root
def test_refused_user_namespaces_are_named_with_their_fix(lab):
    lab.conditions = {"has_user_namespaces": False}
    refusal = lab.refusal("up")
    assert refusal.startswith("user namespaces are refused")
    assert build.namespaces_fix().split()[0] in refusal
    assert build.namespaces_fix().split()[0] in lab("doctor", status=1).stdout
