"""Removes the files of sandboxes that have ended by themselves; there is nothing else to remove."""

from __future__ import annotations

from typing import TYPE_CHECKING

from netns import state
from netns.state import LabFile

if TYPE_CHECKING:
    from pathlib import Path


def sweep(state_dir: Path | None = None) -> list[str]:
    """Remove what dead sandboxes of this user left; return their names.

    One that is being made or removed right now is locked, and left alone.
    """
    removed = []
    for directory in sorted(state.root(state_dir).iterdir()):
        if not directory.is_dir() or directory.is_symlink():
            continue
        with state.locked(directory, wait=False) as ours:
            if ours and not _is_alive(directory):
                state.remove(directory)
                removed.append(directory.name)
    return removed


def _is_alive(directory: Path) -> bool:
    file = LabFile.read(directory)
    return file is not None and file.holder.is_alive
