"""The directory of an authority: private files that only their owner can read, and the index.

    ca.crt  ca.key                   the authority
    issued/NAME.crt                  certificates
    private/NAME.key                 their keys                 0600 in a 0700 directory
    crl.pem                          what was revoked
    ta.key  tls-crypt.key            control-channel keys       0600
    index.json                       every serial number ever issued

A file is written beside its place and then moved there: whoever looks sees the old one or the new.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

from vpn.errors import VpnError

PRIVATE, PUBLIC = 0o600, 0o644
PRIVATE_DIRECTORY, PUBLIC_DIRECTORY = 0o700, 0o755


class PkiError(VpnError):
    """Something about certificates or keys that can't be done, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One certificate that was issued. Times are ISO 8601, `revoked` is empty while it is good."""

    serial: str  # hexadecimal
    name: str
    role: str
    expires: str
    revoked: str = ""


@dataclass(slots=True)
class Index:
    """All that was issued, oldest first, and the number of the next revocation list."""

    entries: list[Entry] = field(default_factory=list)
    crl_number: int = 1

    def current(self, name: str) -> Entry | None:
        """The certificate under this name that was not revoked."""
        return next((one for one in self.entries if one.name == name and not one.revoked), None)


def make_directory(path: Path, mode: int = PUBLIC_DIRECTORY) -> None:
    """Create a directory with exactly this mode; an existing one is left as it is."""
    try:
        path.mkdir(parents=True, exist_ok=False)
    except FileExistsError:
        if not path.is_dir():
            raise PkiError(f"{path} is not a directory") from None
        return
    except OSError as problem:
        raise PkiError(f"cannot create {path}: {problem.strerror}") from None
    path.chmod(mode)


def write(path: Path, contents: bytes, mode: int = PUBLIC) -> None:
    """Write a file whose mode is right from its first byte on."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(contents)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise
    except OSError as problem:
        raise PkiError(f"cannot write {path}: {problem.strerror}") from None


def read(path: Path) -> bytes:
    """A file's contents; PkiError names what is missing."""
    try:
        return path.read_bytes()
    except OSError as problem:
        raise PkiError(f"cannot read {path}: {problem.strerror}") from None


def read_index(path: Path) -> Index:
    """The index, empty when there is none yet."""
    if not path.exists():
        return Index()
    try:
        raw = json.loads(read(path))
        entries = [Entry(**one) for one in raw["entries"]]
        return Index(entries, int(raw["crl_number"]))
    except (ValueError, KeyError, TypeError) as problem:
        raise PkiError(f"{path} can't be understood: {problem}") from None


def write_index(path: Path, index: Index) -> None:
    """Keep the index."""
    raw = {"crl_number": index.crl_number, "entries": [asdict(one) for one in index.entries]}
    write(path, (json.dumps(raw, indent=1) + "\n").encode())
