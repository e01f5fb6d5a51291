"""Nothing that is committed knows where it was written: no one's directories, no one's mirrors."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.structure.tree import ROOT, assert_none, write

if TYPE_CHECKING:
    from pathlib import Path

# The patterns are written so that this file does not match them.
WORKPLACE = {
    "someone's directory": re.compile(
        r"(?<![\w.~-])/(?:work[/]|home/[a-z]|Users/[a-zA-Z]|root/[.\w])"
    ),
    "a package mirror": re.compile(
        r"--(?:extra-)?index[-]url|--find[-]links|PIP_(?:INDEX|FIND|EXTRA)|://[\w.-]*(?:artifactory|nexus)"
    ),
    "unfinished work": re.compile(r"\b(?:TO[D]O|FIX[M]E|X[X]X)\b"),
    "an unresolved merge": re.compile(r"^(?:<{7} |>{7} )"),
}


def workplace_words(root: Path, names: list[str]) -> list[str]:
    """List each line of these files that tells of the workplace."""
    found = []
    for name in names:
        try:
            lines = (root / name).read_text(encoding="utf-8").splitlines()
        except (UnicodeDecodeError, FileNotFoundError):
            continue  # a binary, or a file that is being removed
        for number, line in enumerate(lines, start=1):
            found += [
                f"{name}:{number}: {what}: {line.strip()}"
                for what, pattern in WORKPLACE.items()
                if pattern.search(line)
            ]
    return found


def committed(root: Path) -> list[str]:
    """List what git keeps; without git (a source archive), the Python files and documents."""
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z"], capture_output=True, text=True, check=False
    )
    if listed.returncode == 0:
        return [name for name in listed.stdout.split("\0") if name]
    kinds = ("*.py", "*.md", "*.toml", "*.yml")
    return [
        path.relative_to(root).as_posix()
        for kind in kinds
        for path in root.rglob(kind)
        if ".venv" not in path.parts
    ]


def test_nothing_committed_tells_of_the_workplace():
    assert_none(workplace_words(ROOT, committed(ROOT)))


@pytest.mark.parametrize(
    "line",
    [
        "open('/" + "home/someone/vpnlab/x')",
        "cd /" + "work/main",
        "pip install --index" + "-url https://example.net/simple x",
        "# TO" + "DO: later",
    ],
)
def test_a_workplace_word_is_found(tmp_path, line):
    write(tmp_path, {"a.py": f"x = 1\n{line}\n"})
    assert len(workplace_words(tmp_path, ["a.py"])) == 1


@pytest.mark.parametrize(
    "line", ["network/homework/", "/etc/openvpn/server.conf", "https://example.net/home/a"]
)
def test_an_ordinary_path_passes(tmp_path, line):
    write(tmp_path, {"a.md": line})
    assert workplace_words(tmp_path, ["a.md"]) == []
