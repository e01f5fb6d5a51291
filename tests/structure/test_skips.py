"""CI lets no skip pass: tests/conftest.py, shown on a small suite of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from tests.structure.tree import ROOT, write

ONWARD = "--continue-on-collection-errors"  # show every failure, the whole file's too
SUITE = {
    "tests/test_some.py": (
        "import pytest\n"
        "def test_good(): pass\n"
        "def test_skips_itself(): pytest.skip('not today')\n"
        "@pytest.mark.program('no-such-program')\n"
        "def test_needs_a_program(): raise AssertionError\n"
        "@pytest.mark.xfail(reason='known')\n"
        "def test_known(): raise AssertionError\n"
    ),
    "tests/test_file.py": "import pytest\npytest.skip('no library', allow_module_level=True)\n",
}


@pytest.fixture
def suite(tmp_path):
    """A suite with one test of each kind, under the real conftest.py."""
    conftest = (ROOT / "tests/conftest.py").read_text(encoding="utf-8")
    ini = {"pytest.ini": "[pytest]\nmarkers =\n    program(name): needs it\n"}
    return write(tmp_path, {**SUITE, **ini, "tests/conftest.py": conftest})


def run(suite, ci: str) -> tuple[int, dict[str, int], str]:
    """Run the suite; give the exit code, the counts of the last line, and the output."""
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            "-ra",
            ONWARD,
            suite,
        ],
        env={**os.environ, "CI": ci, "PYTEST_ADDOPTS": ""},
        cwd=suite,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    counts = re.findall(
        r"(\d+) (passed|failed|skipped|xfailed|error)", done.stdout.splitlines()[-1]
    )
    return done.returncode, {kind: int(count) for count, kind in counts}, done.stdout


def test_a_skip_is_a_skip_at_home(suite):
    code, counts, output = run(suite, "")
    assert (code, counts) == (0, {"passed": 1, "skipped": 3, "xfailed": 1})
    assert "needs no-such-program: run scripts/system-packages" in output


def test_a_skip_is_a_failure_in_ci(suite):
    code, counts, output = run(suite, "true")
    assert code != 0
    assert "skipped" not in counts
    assert "CI=true, and this test was skipped: Skipped: not today" in output
    assert "CI=true, and this file was skipped: Skipped: no library" in output
    assert "needs no-such-program" in output
