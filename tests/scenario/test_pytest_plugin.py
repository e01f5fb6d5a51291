"""The pytest plugin (labs.pytest_plugin) in a project that has only installed the package."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from netns import Sandbox

ROOT = Path(__file__).parents[2]
PYTEST_SECONDS = 60

pytestmark = pytest.mark.tun


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A directory with an environment into which the package is installed, not linked."""
    place = tmp_path_factory.mktemp("project")
    venv.create(place / "venv", symlinks=True)
    python = place / "venv" / "bin" / "python"
    # All that the package depends on comes from here: nothing is fetched.
    site = next((place / "venv" / "lib").glob("python*/site-packages"))
    (site / "dependencies.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    source = place / "source"  # a build leaves files in its tree
    for package in ("vpn", "netns", "labs"):
        shutil.copytree(ROOT / package, source / package, ignore=shutil.ignore_patterns("__py*"))
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, source)
    subprocess.run(
        [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps",
         "--no-index", "--no-build-isolation", "--disable-pip-version-check",
         "--ignore-installed", str(source)],
        check=True, stdin=subprocess.DEVNULL, timeout=PYTEST_SECONDS,
    )  # fmt: skip
    (place / "theirs").mkdir()
    return place


def run(project, text, *options):
    """Run pytest on this test; the environment is that of a user, not that of our own tests."""
    theirs = project / "theirs"
    (theirs / "test_theirs.py").write_text(text)
    ours = ("PYTEST", "PYTHONPATH", "CI")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    return subprocess.run(
        [project / "venv" / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider",
         *options],
        cwd=theirs, env=environment, capture_output=True, text=True, timeout=PYTEST_SECONDS,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip


def test_the_example_of_the_documentation(project):
    (example,) = re.findall(
        r"```python\n(.*?)```", (ROOT / "docs" / "pytest.md").read_text("utf-8"), re.DOTALL
    )
    result = run(project, example, "--strict-markers", "--lab-pcap", "captures")
    assert result.returncode == 0, result.stdout + result.stderr
    assert [one for one in Sandbox.list() if one.startswith("test-files")] == []
    assert len(list((project / "theirs" / "captures").glob("test-files-*.pcapng"))) == 1


def test_what_runs_is_what_was_installed(project):
    result = run(project, "import labs\ndef test_it():\n    assert 'venv' in labs.__file__\n")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_lab_is_kept_for_a_look(project):
    result = run(
        project, "def test_kept(lab):\n    assert lab.status().is_up\n", "--lab-keep", "-s"
    )
    assert result.returncode == 0, result.stdout + result.stderr
    name = re.search(r"lab (test-kept-\d+) is still up", result.stdout)[1]
    kept = Sandbox.open(name)
    try:
        assert "server" in kept.nodes()
    finally:
        kept.destroy()


def test_a_topology_that_is_not_there_is_one_line(project):
    text = "import pytest\n@pytest.mark.topology('nix')\ndef test_it(lab):\n    pass\n"
    result = run(project, text)
    assert result.returncode == 1
    assert 'no lab: no topology "nix"' in result.stdout
    assert "Traceback" not in result.stdout


def test_the_options_are_in_the_help(project):
    said = run(project, "", "--help").stdout
    assert "--lab-keep" in said
    assert "--lab-pcap" in said
