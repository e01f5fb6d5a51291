"""Each module on the packet path says who hands it the packet and to whom it hands it on."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.structure.tree import ROOT, assert_none, defines_anywhere, parsed, write

if TYPE_CHECKING:
    from pathlib import Path

ROOMS = ("vpn/system/", "vpn/tunnel/", "vpn/data/", "vpn/crypto/")
STATION = re.compile(r"`(vpn/[\w/]+\.py)::")
NEIGHBOUR = re.compile(r"([\w/]+\.py) ([\w.]+)")


def stations(root: Path) -> list[Path]:
    """List the modules that docs/packet-path.md names, in its order, without repetition.

    The rule is for the rooms that a packet passes through; the control channel leaves its path.
    """
    text = (root / "docs/packet-path.md").read_text(encoding="utf-8")
    names = dict.fromkeys(STATION.findall(text))
    return [root / name for name in names if name.startswith(ROOMS)]


def silent(root: Path) -> list[str]:
    """List the stations without the two lines, or whose lines name what is not there."""
    found = []
    for path in stations(root):
        name = path.relative_to(root).as_posix()
        docstring = (ast.get_docstring(parsed(path)) if path.exists() else None) or ""
        for word in ("Before", "After"):
            line = re.search(rf"^{word}: (.+)$", docstring, re.MULTILINE)
            if line is None:
                found.append(f"{name}: its docstring has no line `{word}: ...`")
                continue
            for file, dotted in NEIGHBOUR.findall(line[1]):
                neighbour = root / "vpn" / file
                if not neighbour.exists() or not defines_anywhere(neighbour, dotted):
                    found.append(f"{name}: {word} names {file} {dotted}, which is not there")
    return found


def test_every_station_names_its_neighbours():
    assert_none(silent(ROOT))


def test_a_silent_station_is_found(tmp_path):
    tree = write(
        tmp_path,
        {
            "docs/packet-path.md": (
                "`vpn/system/tun.py::Tun.read_batch` `vpn/data/channel.py::seal` "
                "`vpn/control/session.py::ControlSession`"
            ),
            "vpn/system/tun.py": (
                '"""The tun.\n\nBefore: the kernel\nAfter: data/channel.py seal\n"""\n'
                "class Tun:\n    def read_batch(self): ...\n"
            ),
            "vpn/data/channel.py": '"""One channel.\n\nBefore: system/tun.py read_all\n"""\n',
        },
    )
    assert silent(tree) == [
        "vpn/system/tun.py: After names data/channel.py seal, which is not there",
        "vpn/data/channel.py: Before names system/tun.py read_all, which is not there",
        "vpn/data/channel.py: its docstring has no line `After: ...`",
    ]
