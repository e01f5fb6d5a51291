"""The clocks of programs: what is read, and what a program is started with."""

from __future__ import annotations

import time

import pytest

from labs import clock
from labs.clock import Clock, Shift
from labs.errors import LabError


@pytest.fixture
def place(monkeypatch, tmp_path):
    """Where the library is looked for, with one in it."""
    (tmp_path / "x86" / "faketime").mkdir(parents=True)
    library = tmp_path / "x86" / "faketime" / clock.LIBRARY
    library.touch()
    monkeypatch.setattr(clock, "PLACES", (str(tmp_path / "none"), f"{tmp_path}/*/faketime"))
    return library


@pytest.mark.parametrize(
    ("text", "shift"),
    [
        ("client=+400d", Shift("client=+400d", 34_560_000, "client")),
        ("server=-2h", Shift("server=-2h", -7200, "server")),
        ("client-b=+1.5m", Shift("client-b=+1.5m", 90, "client-b")),
        ("-1y", Shift("-1y", -31_536_000)),
        ("+30", Shift("+30", 30)),
    ],
)
def test_shift_is_read_and_written(text, shift):
    assert Shift.parse(text) == shift
    assert str(shift) == text


@pytest.mark.parametrize("text", ["", "client=", "client=400d", "+4w", "client+4d", "+-4d", "+d"])
def test_shift_that_is_none_is_refused(text):
    with pytest.raises(LabError, match=r"write \[END=\]\+400d"):
        Shift.parse(text)


@pytest.mark.parametrize("text", ["-51y", "client=+99999999d"])
def test_shift_out_of_all_calendars_is_refused(text):
    with pytest.raises(LabError, match="at most 50 years"):
        Shift.parse(text)


@pytest.mark.parametrize("speed", [0, 0.99, 100.1, -30, float("inf"), float("nan")])
def test_speed_that_no_program_stands_is_refused(speed):
    with pytest.raises(LabError, match=r"--speed .*speed must be 1\.\.100"):
        clock.checked_speed(speed)


def test_real_clock_needs_nothing(monkeypatch):
    monkeypatch.setattr(clock, "PLACES", ())
    assert Clock(began=5).environment({"A": "b"}) == {"A": "b"}


def test_program_is_started_with_the_time_that_it_is_in_its_lab(place):
    began = time.clock_gettime(time.CLOCK_BOOTTIME) - 10
    given = {"LD_PRELOAD": "/other.so", "FAKETIME_SHARED": "/of /another", "PATH": "/bin"}
    made = Clock(30, -3600, began).environment(given)
    assert made["LD_PRELOAD"] == f"{place}:/other.so"
    ahead, speed = made["FAKETIME"].split()
    assert speed == "x30"
    assert 29 * 10 - 3600 <= float(ahead) < 29 * 20 - 3600
    assert made["PATH"] == "/bin"
    assert "FAKETIME_SHARED" not in made


def test_programs_that_start_one_after_the_other_have_one_clock(monkeypatch):
    moment = [1000.0]
    monkeypatch.setattr(time, "clock_gettime", lambda _clock: moment[0])
    one = Clock(30, 0, 900)
    early = one.ahead
    moment[0] += 5
    # The first has run 30 times as fast for the 5 s that the second starts later.
    assert one.ahead - early == 29 * 5


def test_missing_library_is_named_with_its_package(monkeypatch):
    monkeypatch.setattr(clock, "PLACES", ("/nowhere",))
    with pytest.raises(LabError, match=r"libfaketime: is not .*\(sudo apt install libfaketime\)"):
        Clock(speed=2).environment({})
