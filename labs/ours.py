"""Our VPN at an end of the tunnel: how it is called, and whether it can run."""

from __future__ import annotations

import os
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1]


def argv(config: Path) -> list[str]:
    """Run the program of this very source tree with this very Python."""
    return [sys.executable, "-m", "vpn", "--config", config.name]


def environment() -> dict[str, str]:
    """Let `-m vpn` find the source tree from any directory."""
    path = os.pathsep.join(filter(None, (str(SOURCE), os.environ.get("PYTHONPATH"))))
    return {**os.environ, "PYTHONPATH": path}


def missing() -> str | None:
    """Say what keeps it from running: nothing."""
    return None


def version() -> str:
    from vpn import __version__

    return f"vpnlab {__version__}"
