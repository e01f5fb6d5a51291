"""Running a script: its words, its environment, its exit code, and what the log says."""

from __future__ import annotations

import pytest

from vpn.system.scripts import cleaned, run


@pytest.fixture
def script(tmp_path):
    """A script from its text; what it prints goes to `out`."""

    def write(text: str) -> list[str]:
        path = tmp_path / "script"
        path.write_text(f"#!/bin/sh\nexec >{tmp_path}/out\n{text}\n")
        path.chmod(0o700)
        return [str(path)]

    return write


def test_words_and_environment_arrive_and_nothing_of_ours(script, tmp_path, monkeypatch):
    monkeypatch.setenv("SECRET_OF_OURS", "x")
    words = [*script('echo "$1|$2"; env | grep -v -e PWD -e ^_ -e ^PATH -e ^daemon_'), "a b", "c"]
    assert run("up", words, {"dev": "tun0", "common_name": "a\nb"}, 2) == 0
    assert sorted((tmp_path / "out").read_text().splitlines()) == [
        "a b|c",
        "common_name=a_b",
        "dev=tun0",
    ]


@pytest.mark.shows("script-security")
@pytest.mark.parametrize("level", [0, 1])
def test_below_level_2_nothing_runs(script, tmp_path, level, caplog):
    assert run("up", script("true"), {}, level) is None
    assert not (tmp_path / "out").exists()
    assert "unless '--script-security 2' or higher is enabled" in caplog.text


@pytest.mark.parametrize(
    ("text", "code", "said"),
    [
        ("exit 3", 3, "(--up): external program exited with error status: 3"),
        ("kill -9 $$", -9, "(--up): killed by a signal"),
    ],
)
def test_a_failure_is_one_line(script, text, code, said, caplog):
    assert run("up", script(text), {}, 2) == code
    assert caplog.messages == [f"WARNING: Failed running command {said}"]


def test_a_program_that_is_not_there_is_one_line(caplog):
    assert run("up", ["/nonexistent/up.sh"], {}, 2) is None
    assert caplog.messages == [
        "WARNING: Failed running command (--up): /nonexistent/up.sh: No such file or directory"
    ]


def test_names_and_values_are_cleaned():
    assert cleaned({"IV_VER": "2.6\r\n", "X-Y=": "ü $(x)"}) == {"IV_VER": "2.6__", "X_Y_": "ü $(x)"}
