"""The import rule: which room may know which (ARCHITECTURE.md draws it).

    errors, events, trace <- wire <- crypto <- control | data <- tunnel <- system <- cli

config.options is plain data that the layers above may read; config.load, which reads files, belongs
to cli. vpn imports neither netns nor labs, netns imports nothing of ours, labs imports both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.structure.tree import (
    PACKAGES,
    ROOT,
    assert_none,
    imports,
    module_name,
    python_files,
    write,
)

if TYPE_CHECKING:
    from pathlib import Path

BASE = {"errors", "events", "trace"}
MAY_IMPORT: dict[str, set[str]] = {
    "errors": set(),
    "events": {"errors", "config"},
    "trace": {"errors"},
    "hooks": set(),
    "wire": {"errors"},
    "crypto": BASE | {"wire"},
    "config": {"errors", "trace", "wire"},
    "control": BASE | {"hooks", "wire", "crypto", "config"},
    "data": BASE | {"wire", "crypto", "config"},
    "tunnel": BASE | {"hooks", "wire", "crypto", "config", "control", "data"},
    "system": BASE | {"hooks", "wire", "crypto", "config", "control", "data", "tunnel"},
    "load": {"errors", "trace", "config"},
    "pki": {"errors", "wire", "crypto"},
    "cli": BASE | {"config", "load", "tunnel", "system", "pki"},
    "__main__": {"cli"},
    "": BASE | {"config", "tunnel"},
}

# Rule 1: the core has no I/O, no clock and no randomness.
CORE = {"wire", "crypto", "control", "data", "tunnel", "config"}
BANNED_IN_CORE = {
    "socket", "os", "time", "asyncio", "selectors", "threading", "random", "subprocess", "pathlib",
}  # fmt: skip

# Where a third-party package may be imported, by the beginning of the module's name. The reasons:
# scapy is GPL and slow to import, and `vpn --help` has 0.3 s.
ONLY_IN = {
    "scapy": ("labs.",),
    "click": ("labs.",),
    "rich": ("labs.",),
    "docker": ("labs.",),
    "pyftpdlib": ("labs.services.",),
    "dnslib": ("labs.services.",),
    "OpenSSL": ("vpn.control.", "vpn.pki."),
    "cryptography": ("vpn.crypto.", "vpn.control.", "vpn.pki.", "labs."),
    "numpy": ("vpn.system.", "netns.", "labs."),
}


def room_of(module: str) -> str:
    """Name the room of a module of vpn: its folder, or its own name at the top."""
    parts = module.split(".")
    if parts[:3] == ["vpn", "config", "load"]:
        return "load"
    return parts[1] if len(parts) > 1 else ""


def top(dotted: str) -> str:
    """Name the package that a dotted name begins with."""
    return dotted.partition(".")[0]


def violations(root: Path) -> list[str]:
    """List every import that breaks the rule."""
    found = []
    for path in python_files(root, *PACKAGES):
        module = module_name(root, path)
        for line, imported in imports(path):
            reason = refusal(module, imported)
            if reason:
                found.append(f"{path.relative_to(root)}:{line}: {reason}")
    return found


def refusal(module: str, imported: str) -> str | None:
    """Say why `module` may not import `imported`, or None when it may."""
    if imported.startswith("."):
        return f"relative import {imported}: write the whole name"
    package, target = top(module), top(imported)
    if target in ONLY_IN and not module.startswith(ONLY_IN[target]):
        return f"{module} imports {target}, which belongs to {', '.join(ONLY_IN[target])}"
    if package == "vpn":
        return _refused_in_vpn(module, imported)
    if package == "netns" and target in {"vpn", "labs"}:
        return f"netns imports nothing of ours, not {imported}"
    return None


def _refused_in_vpn(module: str, imported: str) -> str | None:
    room, target = room_of(module), top(imported)
    if target in {"netns", "labs"}:
        return f"vpn imports neither netns nor labs, not {imported}"
    if room in CORE and target in BANNED_IN_CORE:
        return f"{module} is core: no {target} there"
    if target != "vpn":
        return None
    wanted = room_of(imported)
    if wanted in {room, "__version__", *MAY_IMPORT.get(room, ())}:
        return None
    return f"{room or 'vpn'} may not import {wanted or 'vpn'} ({imported})"


def test_every_import_goes_downwards():
    assert_none(violations(ROOT))


def test_every_room_of_vpn_is_in_the_table():
    rooms = {room_of(module_name(ROOT, path)) for path in python_files(ROOT, "vpn")}
    assert rooms <= set(MAY_IMPORT)


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("vpn/wire/control.py", "import socket"),
        ("vpn/tunnel/client.py", "from time import monotonic"),
        ("vpn/config/parse.py", "from pathlib import Path"),
        ("vpn/config/parse.py", "from vpn.config.load import load"),
        ("vpn/control/session.py", "from vpn.data.channel import DataChannel"),
        ("vpn/data/channel.py", "from vpn.control import session"),
        ("vpn/wire/data.py", "def late():\n    from vpn.crypto import aead"),
        ("vpn/tunnel/server.py", "import vpn.system.loop"),
        ("vpn/system/loop.py", "from vpn.config.load import load"),
        ("vpn/system/loop.py", "import netns"),
        ("vpn/cli.py", "import labs.lab"),
        ("vpn/control/tls.py", "from . import wrap"),
        ("vpn/system/tun.py", "import scapy.all"),
        ("vpn/config/options.py", "from cryptography import x509"),
        ("netns/sandbox.py", "from vpn.errors import VpnError"),
        ("netns/sandbox.py", "import labs"),
        ("netns/capture.py", "from scapy.utils import rdpcap"),
    ],
)
def test_a_wrong_import_is_found(tmp_path, file, line):
    assert len(violations(write(tmp_path, {file: line + "\n"}))) == 1


@pytest.mark.parametrize(
    ("file", "line"),
    [
        ("vpn/config/load.py", "from pathlib import Path"),
        ("vpn/cli.py", "from vpn.config.load import load"),
        ("vpn/tunnel/peer.py", "from vpn.data.channel import DataChannel"),
        ("vpn/system/tun.py", "import os"),
        ("vpn/crypto/aead.py", "from cryptography.exceptions import InvalidTag"),
        ("labs/ours.py", "from vpn.pki.authority import Authority\nimport netns.sandbox"),
    ],
)
def test_a_right_import_passes(tmp_path, file, line):
    assert violations(write(tmp_path, {file: line + "\n"})) == []
