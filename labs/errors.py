"""What goes wrong in a lab: one line each that says what, why, and what to do about it."""

from __future__ import annotations


class LabError(Exception):
    """Everything that labs raises by itself."""

    def __init__(self, what: str, why: str = "", fix: str = "") -> None:
        self.what = what
        self.why = why
        self.fix = fix
        text = f"{what}: {why}" if why else what
        super().__init__(f"{text} ({fix})" if fix else text)


class BackendError(LabError):
    """What a lab cannot do because of what it is made of."""


class TopologyError(LabError):
    """A topology that cannot be built: the file, the key, and what is wrong with it."""

    def __init__(self, source: str, key: str, why: str) -> None:
        self.source = source
        self.key = key
        super().__init__(f"{source}: {key}" if key else source, why)
