"""What goes wrong in netns: one line each that says what, why, and what to do about it.

NetnsError              what failed, why, and the fix
|-- CommandFailed       a program in a node ended with an error; `.result` has its output
`-- DeadlinePassed      what was waited for did not come in time
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Sequence


class NetnsError(Exception):
    """Everything that netns raises."""

    def __init__(self, what: str, why: str = "", fix: str = "") -> None:
        self.what = what
        self.why = why
        self.fix = fix
        text = f"{what}: {why}" if why else what
        super().__init__(f"{text} ({fix})" if fix else text)


class CommandFailed(NetnsError):
    """A program that was run in a node ended with an error."""

    def __init__(
        self, node: str, argv: Sequence[str], result: subprocess.CompletedProcess[str]
    ) -> None:
        self.result = result
        said = (result.stderr or result.stdout or "").strip()
        super().__init__(
            f"{node}: {' '.join(argv)}", f"exit status {result.returncode}: {said or 'no output'}"
        )


class DeadlinePassed(NetnsError):
    """What was waited for did not come in time."""
