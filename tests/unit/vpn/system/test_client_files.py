"""Files of client-config-dir."""

from __future__ import annotations

import pytest

from vpn.system.client_files import file_name, own_lines


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("alice", "alice"),
        ("a/../b", "a_.._b"),
        ("..", None),
        (".", None),
        ("", None),
        ("a\n", "a_"),
    ],
)
def test_names_do_not_lead_elsewhere(name, expected):
    assert file_name(name) == expected


def test_default_stands_in_for_those_without_a_file(tmp_path):
    (tmp_path / "DEFAULT").write_text("push-reset\n", encoding="utf-8")
    (tmp_path / "alice").write_text("", encoding="utf-8")
    assert own_lines(str(tmp_path), "alice", is_exclusive=False) == []
    assert own_lines(str(tmp_path), "bob", is_exclusive=False) == ["push-reset"]
    assert own_lines(str(tmp_path), "bob", is_exclusive=True) is None


def test_a_file_includes_another(tmp_path, caplog):
    common = tmp_path / "common"
    common.write_text("disable\n", encoding="utf-8")
    itself = tmp_path / "alice"
    itself.write_text(f"config {common}\nconfig {itself}\nconfig nowhere", encoding="utf-8")
    assert set(own_lines(str(tmp_path), "alice", is_exclusive=False)) == {"disable"}
    assert "In nowhere: Error opening configuration file" in caplog.text
