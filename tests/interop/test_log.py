"""The log for programs: the same form from either program."""

from __future__ import annotations

import re

import pytest

PAIRS = pytest.mark.parametrize(
    "pair", [("ours", "openvpn"), ("openvpn", "ours")], ids="/".join
)  # client, server
MILESTONE = re.compile(
    r"^(\d{10})\.\d{6} ([0-9a-f]+) Initialization Sequence Completed$", re.MULTILINE
)


@pytest.mark.shows("machine-readable-output")
@PAIRS
def test_lines_for_programs(tunnel, pair):
    lab = tunnel(*pair, "machine-readable-output")
    (here, flags), (there, same) = (
        MILESTONE.search(end.log_text()).groups() for end in (lab.client, lab.server)
    )
    assert abs(int(here) - int(there)) < 60
    assert flags == same
