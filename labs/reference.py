"""The stock `openvpn` at an end of the tunnel: how it is called, and whether it is there."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

PATHS = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin"))


def argv(config: Path) -> list[str]:
    """Run the program that is installed."""
    return [shutil.which("openvpn", path=PATHS) or "openvpn", "--config", config.name]


def environment() -> dict[str, str]:
    return dict(os.environ)


def missing() -> str | None:
    """Say what keeps it from running."""
    return None if shutil.which("openvpn", path=PATHS) else "openvpn is not installed"


def version() -> str:
    """The first words of `openvpn --version`: OpenVPN 2.6.14."""
    said = subprocess.run(
        [argv(Path("none"))[0], "--version"], capture_output=True, text=True, check=False
    )
    return " ".join(said.stdout.split()[:2])
