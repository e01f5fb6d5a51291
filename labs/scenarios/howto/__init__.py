"""What the chapters of the community HOWTO do that no other chapter here does."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from labs import ours

if TYPE_CHECKING:
    from labs.scenario import Stage

NOBODY = ("user=nobody", "group=nogroup")


def vpn_pki(stage: Stage, directory: Path, *words: str) -> None:
    """Run `vpn-pki` where the authority is, and tell it as it is typed."""
    stage.act(f"vpn-pki {' '.join(words)}")
    argv = [sys.executable, "-m", "vpn.pki.cli", *words]
    stage.lab.server.node.run(argv, cwd=directory, env=ours.environment())


def as_nobody(stage: Stage) -> tuple[str, ...]:
    """The directives with which an end gives its rights up, where somebody else can be become."""
    if stage.lab.sandbox.rootless:
        stage.note("this lab is without root: it has no user but one, so nobody is left out")
        return ()
    return NOBODY
