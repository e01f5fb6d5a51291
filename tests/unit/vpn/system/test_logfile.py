"""Log lines as the stock program writes them."""

from __future__ import annotations

import logging
import re
import subprocess
import sys

import pytest

from vpn.config.options import LogOptions
from vpn.system import logfile
from vpn.trace import NOTICE, PACKETS

STAMP = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"


@pytest.fixture
def log():
    """The root of all our loggers, put back afterwards."""
    root = logging.getLogger("vpn")
    before = root.handlers[:], root.propagate, root.level, logging.raiseExceptions
    yield root
    root.handlers[:], root.propagate, logging.raiseExceptions = before[0], before[1], before[3]
    root.setLevel(before[2])


@pytest.mark.parametrize(
    ("verb", "level"),
    [(0, logging.ERROR), (1, NOTICE), (3, logging.INFO), (4, logging.DEBUG), (6, PACKETS), (11, 5)],
)
def test_verb_is_a_level(verb, level):
    assert logfile.level_for(verb) == level


@pytest.mark.shows("suppress-timestamps", "machine-readable-output")
@pytest.mark.parametrize(
    ("options", "form"),
    [
        (LogOptions(), rf"{STAMP} hello 7"),
        (LogOptions(verb=4), rf"{STAMP} us=\d+ hello 7"),
        (LogOptions(suppress_timestamps=True), "hello 7"),
        (LogOptions(machine_readable=True), r"\d+\.\d{6} 1 hello 7"),
    ],
)
def test_forms_of_a_line(log, capsys, options, form):
    logfile.start(options, daemon=None)
    logging.getLogger("vpn.link").log(NOTICE, "hello %d", 7)
    assert re.fullmatch(form + "\n", capsys.readouterr().out)


@pytest.mark.shows("verb")
def test_verb_hides_what_is_finer(log, capsys):
    logfile.start(LogOptions(verb=1, suppress_timestamps=True), daemon=None)
    logging.getLogger("vpn.link").info("fine")
    logging.getLogger("vpn.link").warning("coarse")
    assert capsys.readouterr().out == "coarse\n"


@pytest.mark.shows("mute")
def test_mute_counts_what_it_hides(log, capsys):
    logfile.start(LogOptions(mute=2, suppress_timestamps=True), daemon=None)
    for number in range(5):
        log.warning("same %d", number)
    log.warning("other")
    assert capsys.readouterr().out.splitlines() == [
        "same 0",
        "same 1",
        "NOTE: --mute triggered...",
        "3 variation(s) on previous 2 message(s) suppressed by --mute",
        "other",
    ]


def test_verb_and_mute_can_be_changed_later(log, capsys):
    control = logfile.start(LogOptions(verb=1, suppress_timestamps=True), daemon=None)
    log.info("before")
    control.set_verb(3)
    control.set_mute(1)
    log.info("after")
    log.info("after")
    assert (control.verb, control.mute) == (3, 1)
    assert capsys.readouterr().out.splitlines() == ["after", "NOTE: --mute triggered..."]


@pytest.mark.shows("errors-to-stderr")
def test_errors_can_go_to_standard_error(log, capsys):
    logfile.start(LogOptions(errors_to_stderr=True, suppress_timestamps=True), daemon=None)
    log.error("bad")
    log.warning("odd")
    assert tuple(capsys.readouterr()) == ("odd\n", "bad\n")


def test_held_lines_are_written_together_in_order(log, capsys):
    logfile.start(LogOptions(verb=3, suppress_timestamps=True), daemon=None)
    with logfile.held():
        log.warning("one")
        log.info("two")
        assert capsys.readouterr().out == ""
        logfile.flush()
        assert capsys.readouterr().out == "one\ntwo\n"
        log.info("three")
    assert capsys.readouterr().out == "three\n"


def test_an_error_waits_for_nothing(log, capsys):
    logfile.start(LogOptions(suppress_timestamps=True), daemon=None)
    with logfile.held():
        log.warning("before")
        log.error("bad")
        assert capsys.readouterr().out == "before\nbad\n"


def write_log(path, **options):
    code = (
        "import logging; from vpn.system import logfile\n"
        "from vpn.config.options import LogOptions\n"
        f"logfile.start(LogOptions(suppress_timestamps=True, **{options!r}), daemon=None)\n"
        "logging.getLogger('vpn').warning('hello'); print('printed')\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    return path.read_text()


@pytest.mark.shows("log", "log-append")
def test_a_log_file_is_private_and_takes_all_output(tmp_path):
    path = tmp_path / "vpn.log"
    path.write_text("old\n")
    assert write_log(path, log=str(path)) == "hello\nprinted\n"
    assert write_log(path, log_append=str(path)) == "hello\nprinted\nhello\nprinted\n"
    fresh = tmp_path / "fresh.log"
    write_log(fresh, log=str(fresh))
    assert fresh.stat().st_mode & 0o777 == 0o600


def test_a_log_file_that_cannot_be_is_one_line(tmp_path):
    with pytest.raises(logfile.SystemFailure, match=r"--log file .*: No such file or directory"):
        logfile.start(LogOptions(log=str(tmp_path / "no" / "log")), daemon=None)


# A /dev of its own, so that nobody else's system log is spoken to.
IN_OWN_DEV = ["unshare", "--mount", "sh", "-c", 'mount -t tmpfs none /dev && exec "$@"', "sh"]
TO_SYSLOG = """
import logging, socket
from vpn.config.options import LogOptions
from vpn.system import logfile
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as system_log:
    system_log.bind("/dev/log")
    logfile.start(LogOptions(syslog="office"), daemon=None)
    logging.getLogger("vpn.link").warning("hello")
    print(system_log.recv(1000).decode())
"""


@pytest.mark.root
@pytest.mark.shows("syslog")
def test_lines_go_to_the_system_log_under_a_name():
    argv = [*IN_OWN_DEV, sys.executable, "-c", TO_SYSLOG]
    done = subprocess.run(argv, capture_output=True, text=True, check=True)
    assert re.fullmatch(r"<28>.* office\[\d+\]: hello\n", done.stdout)  # daemon.warning
