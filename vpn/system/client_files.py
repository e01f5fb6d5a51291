"""A client's own file in client-config-dir, with what it includes [man: --client-config-dir]."""

from __future__ import annotations

import logging
from pathlib import Path

from vpn.config.lexer import split

DEFAULT = "DEFAULT"
MAX_DEPTH = 10

log = logging.getLogger("vpn.scripts")


def file_name(common_name: str) -> str | None:
    """The file's name for a client; None for names that lead elsewhere."""
    name = "".join("_" if c == "/" or not c.isprintable() else c for c in common_name)
    return None if name in ("", ".", "..") else name


def own_lines(directory: str, common_name: str, *, is_exclusive: bool) -> list[str] | None:
    """The lines of a client's file, else those of DEFAULT; None: it has none, and needs one."""
    name = file_name(common_name)
    if name is not None and (lines := _read(Path(directory, name), 0)) is not None:
        return lines
    if is_exclusive:
        log.warning("TLS Auth Error: --client-config-dir authentication failed for '%s'", name)
        return None
    return _read(Path(directory, DEFAULT), 0) or []


def _read(path: Path, depth: int) -> list[str] | None:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    lines: list[str] = []
    for line in text.splitlines():
        lines += _included(line, depth)
    return lines


def _included(line: str, depth: int) -> list[str]:
    """The line itself, or the lines of the file that it names."""
    try:
        words = split(line)
    except ValueError:
        return [line]  # whoever reads it will say what is wrong
    if len(words) != 2 or words[0].removeprefix("--") != "config":
        return [line]
    found = _read(Path(words[1]), depth + 1) if depth < MAX_DEPTH else None
    if found is None:
        log.warning("Options error: In %s: Error opening configuration file", words[1])
    return found or []
