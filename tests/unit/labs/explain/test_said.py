"""Sentences of a log that name a cause."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest

from labs.explain.said import SAYINGS, told

LINES = {
    "wrong-ca": (
        "VERIFY ERROR: depth=0, error=unable to get local issuer certificate: CN=server",
        "VERIFY ERROR: depth=1, error=self-signed certificate in certificate chain: CN=CA",
    ),
}


def lab(*lines, role="client"):
    end = SimpleNamespace(name=role, role=role, last_attempt=lambda: list(lines))
    return SimpleNamespace(ends=[end])


@pytest.mark.parametrize(
    ("cause", "line"), [(cause, line) for cause, lines in LINES.items() for line in lines]
)
def test_a_line_that_names_its_cause(cause, line):
    saying = next(one for one in SAYINGS if one.cause == cause and re.search(one.line, line))
    found = told(lab("before", line, "after", role=saying.role))
    assert found.cause == cause
    assert line in found.evidence[0]


def test_lines_that_name_none():
    assert told(lab("Initialization Sequence Completed")) is None
