"""`lab` for a user without rights: the same lab, or the one line that says what is missing."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from labs import build
from tests.scenario import unprivileged
from tests.scenario.lab_program import LabProgram

needs_root = pytest.mark.root


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
def test_lab_comes_up_without_root(lab):
    status = lab.json("up")
    assert status["up"]
    assert status["rootless"]
    assert lab("exec", "client", "id", "-u").stdout == "0\n"
    assert lab("exec", "client", "ping", "-c1", "-W2", "files").returncode == 0
    assert not lab.json("up")["new"]
    assert "10.8.0.2" in lab("graph").stdout


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
