"""The package as others have it: built from a copy of the tree, and installed, not linked.

Nothing is fetched. What a package needs by its own metadata is linked from where these tests have
it, and nothing else is: an environment lacks what its extra does not bring.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from types import MappingProxyType

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
SECONDS = 60
NOT_COPIED = shutil.ignore_patterns(
    ".git",
    ".venv",
    ".*cache",
    ".hypothesis",
    "__pycache__",
    "build",
    "dist",
    "*.egg-info",
    "wheels",
)
SDIST = "import sys; from setuptools import build_meta; build_meta.build_sdist(sys.argv[1])"
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check"]
OFFLINE = ["--quiet", "--no-deps", "--no-index"]


def build(place: Path) -> Path:
    """The wheel, made from the source archive, as `python -m build` does; both are in dist."""
    source, dist = place / "source", place / "dist"
    shutil.copytree(ROOT, source, ignore=NOT_COPIED, symlinks=True)  # a build leaves files
    _checked([sys.executable, "-c", SDIST, dist], cwd=source)
    (archive,) = dist.glob("*.tar.gz")
    _checked([*PIP, "wheel", *OFFLINE, "--no-build-isolation", "-w", dist, archive], cwd=place)
    (wheel,) = dist.glob("*.whl")
    return wheel


class Project:
    """Somebody's empty directory, and beside it a virtual environment with the package."""

    def __init__(self, wheel: Path, place: Path, extra: str, *others: str) -> None:
        self.directory = place / "empty"
        self.directory.mkdir()
        self.environment = _install(wheel, place / "venv", extra, *others)

    def run(self, program: str, *arguments: str) -> tuple[int, str]:
        """Run one of the environment's programs: its exit code, and all it says."""
        done = _as_a_user([self.environment / "bin" / program, *arguments], self.directory)
        said = done.stdout + done.stderr
        assert "Traceback (most recent" not in said, said
        return done.returncode, said

    def shell(self, text: str, environment: dict[str, str]) -> tuple[int, str]:
        """Run a step of a workflow, as its runner does."""
        script = self.directory.parent / "step.sh"
        path = f"{self.environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
        script.write_text(text)
        done = _as_a_user(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            self.directory, {**environment, "PATH": path},
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    def pytest(self, text: str, *options: str) -> tuple[int, str]:
        """Run a file of tests."""
        (self.directory / "test_theirs.py").write_text(text)
        return self.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", *options)


def _install(wheel: Path, place: Path, extra: str, *others: str) -> Path:
    """Make an environment with the wheel, what it and its extra require, and other packages."""
    venv.create(place, symlinks=True)
    python = place / "bin" / "python"
    _checked([*PIP, "--python", python, "install", *OFFLINE, wheel], cwd=place)
    (site,) = place.glob("lib/python*/site-packages")
    (own,) = metadata.distributions(name="vpnlab", path=[str(site)])
    for package in _closure([*(own.requires or []), *others], extra):
        for top in {file.parts[0] for file in package.files or []} - {"..", "__pycache__"}:
            (site / top).symlink_to(str(package.locate_file(top)))
    return place


def _closure(requirements: list[str], extra: str) -> list[metadata.Distribution]:
    """What is required, and what that requires; the extra is one of the first's."""
    found: dict[str, metadata.Distribution] = {}
    waiting = [(Requirement(text), extra) for text in requirements]
    while waiting:
        wanted, within = waiting.pop()
        name = canonicalize_name(wanted.name)
        if name in found or (wanted.marker and not wanted.marker.evaluate({"extra": within})):
            continue
        found[name] = metadata.distribution(wanted.name)
        waiting += [(Requirement(text), "") for text in found[name].requires or []]
    return list(found.values())


def _as_a_user(
    argv: list[str | Path], cwd: Path, more: Mapping[str, str] = MappingProxyType({})
) -> subprocess.CompletedProcess[str]:
    """Run a program with the environment of a user, not with that of our own tests."""
    ours = ("PYTEST", "PYTHONPATH", "CI", "GITHUB_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        argv, cwd=cwd, env={**environment, **more}, capture_output=True, text=True, timeout=SECONDS,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def _checked(argv: list[str | Path], cwd: Path) -> None:
    done = _as_a_user(argv, cwd)
    assert done.returncode == 0, done.stdout + done.stderr
