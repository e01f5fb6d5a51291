"""How the two programs are called."""

from __future__ import annotations

import sys
from pathlib import Path

from labs import ours, reference
from labs.program import PROGRAMS

CONFIG = Path("/somewhere/client.conf")


def test_ours_is_this_source_tree_under_this_python():
    assert ours.argv(CONFIG) == [sys.executable, "-m", "vpn", "--config", "client.conf"]
    first = ours.environment()["PYTHONPATH"].partition(":")[0]
    assert (Path(first) / "vpn" / "__main__.py").exists()
    assert ours.missing() is None
    assert ours.version().startswith("vpnlab ")


def test_stock_is_what_the_path_has(monkeypatch, tmp_path):
    monkeypatch.setattr(reference, "PATHS", str(tmp_path))
    assert reference.missing() == "openvpn is not installed"
    program = tmp_path / "openvpn"
    program.write_text("#!/bin/sh\necho OpenVPN 9.9.9 x86_64 more\n")
    program.chmod(0o755)
    assert reference.missing() is None
    assert reference.argv(CONFIG) == [str(program), "--config", "client.conf"]
    assert reference.version() == "OpenVPN 9.9.9"
    assert reference.environment()


def test_both_have_a_name():
    assert set(PROGRAMS) == {"ours", "openvpn"}
