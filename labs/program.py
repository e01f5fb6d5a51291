"""What a VPN program is to the lab: a command line, an environment, a version."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from labs import ours, reference


class Program(Protocol):
    """`labs/ours.py` and `labs/reference.py` are the two of them."""

    def argv(self, config: Path) -> list[str]: ...
    def environment(self) -> dict[str, str]: ...
    def missing(self) -> str | None: ...
    def version(self) -> str: ...


PROGRAMS: dict[str, Program] = {"ours": ours, "openvpn": reference}
