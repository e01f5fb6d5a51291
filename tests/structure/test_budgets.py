"""The budgets: a file has at most 400 lines, a join 300, a function 50."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.structure.tree import PACKAGES, ROOT, assert_none, parsed, python_files, write

if TYPE_CHECKING:
    from pathlib import Path

FILE_LINES = 400
FUNCTION_LINES = 50
JOIN_LINES = 300

# Where many parts meet. Every VPN we read had its longest, hardest file here; ours may not.
JOINS = (
    "vpn/control/key_state.py",
    "vpn/control/session.py",
    "vpn/tunnel/peer.py",
    "vpn/tunnel/one_remote.py",
    "vpn/tunnel/client.py",
    "vpn/tunnel/server.py",
    "vpn/system/loop.py",
)


def too_long(root: Path) -> list[str]:
    """List the files and functions over their budget."""
    found = []
    for path in python_files(root, *PACKAGES, "tests"):
        name = path.relative_to(root).as_posix()
        lines = len(path.read_text(encoding="utf-8").splitlines())
        budget = JOIN_LINES if name in JOINS else FILE_LINES
        if lines > budget:
            found.append(f"{name}: {lines} lines, the budget is {budget}")
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    found.append(f"{name}:{node.lineno}: {node.name} has {length} lines, over 50")
    return found


def test_files_and_functions_stay_within_their_budget():
    assert_none(too_long(ROOT))


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("vpn/wire/long.py", "x = 1\n" * 401),
        ("vpn/tunnel/peer.py", "x = 1\n" * 301),
        ("netns/link.py", "def long():\n" + "    x = 1\n" * 50),
        ("labs/lab.py", "class Lab:\n    def long(self):\n" + "        x = 1\n" * 50),
    ],
)
def test_a_long_one_is_found(tmp_path, file, text):
    assert len(too_long(write(tmp_path, {file: text}))) == 1


def test_one_that_just_fits_passes(tmp_path):
    files = {
        "vpn/wire/fits.py": "x = 1\n" * 400,
        "vpn/tunnel/peer.py": "x = 1\n" * 300,
        "netns/link.py": "def fits():\n" + "    x = 1\n" * 49,
    }
    assert too_long(write(tmp_path, files)) == []
