"""What is printed, and what is measured for it."""

from __future__ import annotations

import sys
import time

import pytest

from labs import report
from labs.build import Fact
from labs.lab import EndStatus, Status


def test_command_began_before_now_and_not_long_ago():
    first = report.since_command(time.monotonic())
    assert 0 < first < 3600 * 24
    assert report.since_command(time.monotonic() - 0.5) < first


@pytest.mark.parametrize(
    ("called", "found", "name"),
    [
        ("/somewhere/.venv/bin/lab", None, "/somewhere/.venv/bin/lab"),
        ("{here}/.venv/bin/lab", None, ".venv/bin/lab"),
        ("{here}/.venv/bin/lab", "{here}/.venv/bin/lab", "lab"),
        ("{here}/labs/__main__.py", None, "lab"),
    ],
)
def test_program_is_named_as_it_can_be_typed_again(monkeypatch, tmp_path, called, found, name):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", [called.format(here=tmp_path)])
    path = found and found.format(here=tmp_path)
    monkeypatch.setattr("shutil.which", lambda _name: path)
    assert report.program() == name


def test_steps_are_shown_when_they_are_done_with_their_time(capsys):
    with report.Steps(is_quiet=False) as steps:
        steps("first")
        steps("second")
        assert [line.split()[0] for line in capsys.readouterr().err.splitlines()] == ["first"]
    assert capsys.readouterr().err.split()[0] == "second"


def test_step_that_fails_is_not_shown_as_done(capsys):
    def fail() -> None:
        with report.Steps(is_quiet=False) as steps:
            steps("first")
            raise ValueError("x")

    with pytest.raises(ValueError, match="x"):
        fail()
    assert capsys.readouterr().err == ""


def test_quiet_steps_print_nothing(capsys):
    with report.Steps(is_quiet=True) as steps:
        steps("first")
    assert capsys.readouterr().err == ""


def test_status_says_what_is_wrong_with_an_end(capsys):
    end = EndStatus("client", "client", "ours", "ended", None, [], "/x.log", "Options error: [x]")
    report.show_status(Status("one", "three-lans", "netns", 7, True, "/run/x", {}, [end]))
    said = capsys.readouterr().out
    assert "lab one: topology three-lans, tunnel not up, holder pid 7, rootless" in said
    assert "ended" in said
    assert "Options error: [x]" in said


def test_status_says_which_clocks_are_not_the_real_one(capsys):
    settings = {"speed": 30.0, "clocks": ["client=+400d"]}
    report.show_status(Status("one", "three-lans", "netns", 7, False, "/run/x", settings, []))
    said = capsys.readouterr().out
    assert "tunnel up, speed 30, clock client=+400d, holder pid 7" in said
    assert report.clock_words({"speed": 1.0, "clocks": []}) == ""


def test_missing_fact_is_shown_with_its_fix(capsys):
    report.show_facts([Fact("tun device", False, "mode 0600", "sudo chmod 0666 /dev/net/tun")])
    said = capsys.readouterr().out
    assert said.split()[0] == "missing"
    assert "fix: sudo chmod 0666 /dev/net/tun" in said


FACTS = [
    Fact("nft", True, "/usr/sbin/nft", "not needed"),
    Fact("openvpn", False, "is not installed", "sudo apt install openvpn"),
    Fact("tun device", False, "mode\n100% shut", "sudo chmod 0666 /dev/net/tun"),
]
LINES = """\
ok\tnft\t/usr/sbin/nft\t
absent\topenvpn\tis not installed\tsudo apt install openvpn
missing\ttun device\tmode 100% shut\tsudo chmod 0666 /dev/net/tun
"""


def test_facts_for_programs_are_a_line_each(capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    report.print_facts(FACTS)
    assert capsys.readouterr().out == LINES


def test_in_a_workflow_what_is_missing_is_an_error_too(capsys, monkeypatch):
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    report.print_facts(FACTS)
    assert capsys.readouterr().out == (
        f"{LINES}::error title=lab doctor::"
        "tun device mode 100%25 shut (sudo chmod 0666 /dev/net/tun)\n"
    )
