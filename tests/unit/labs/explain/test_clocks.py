"""Time stamps against the time at which they were written."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace

import pytest

from labs.explain.clocks import FORMAT, skew_of, skewed


@pytest.fixture
def end(tmp_path):
    def write(name, days, last="and a line without a stamp"):
        stamp = (datetime.now() + timedelta(days=days)).strftime(FORMAT)
        text = f"{stamp} us=5 VERIFY OK: depth=1\n{last}\n"
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return SimpleNamespace(
            name=name, process=SimpleNamespace(log_path=path), log_text=lambda: text
        )

    return write


def test_a_clock_that_is_behind(end):
    skew = skewed(SimpleNamespace(ends=[end("server", 0), end("client", -400)]))
    assert str(skew) == "client's clock is 400 days behind"
    assert skew.line.endswith("VERIFY OK: depth=1")


def test_a_clock_that_is_ahead(end):
    assert str(skewed(SimpleNamespace(ends=[end("server", 3)]))) == "server's clock is 3 days ahead"


def test_clocks_that_are_right(end):
    assert skewed(SimpleNamespace(ends=[end("server", 0), end("client", 0.2)])) is None


def test_no_line_was_stamped():
    assert skew_of(SimpleNamespace(process=None)) is None
