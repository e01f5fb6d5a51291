"""Write share/ anew: manual pages, and completion for the shells.

python -m scripts.share          (`make docs` does this)
"""

from __future__ import annotations

import shutil
from pathlib import Path

from scripts.share import completion, man, programs

SHARE = Path(__file__).resolve().parents[2] / "share"


def contents() -> dict[str, str]:
    """Every file: its path below share, and what it says."""
    found: dict[str, str] = {}
    for program in programs.everything():
        (name,) = program.path
        section = man.SECTIONS[name]
        found[f"man/man{section}/{name}.{section}"] = man.page(program)
        found |= completion.files(program)
    return found


def main() -> None:
    """Write them all, and nothing else."""
    shutil.rmtree(SHARE, ignore_errors=True)
    for name, text in contents().items():
        path = SHARE / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
