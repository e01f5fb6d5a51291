"""The in-tunnel messages."""

from __future__ import annotations

import pytest

from vpn.data import occ
from vpn.data.keepalive import PING


def test_bytes_on_the_wire():
    assert occ.message(occ.EXIT).hex() == "287f346bd4ef7a812d56b8d3afc5459c06"
    assert occ.message(occ.REPLY, "V4") == occ.MAGIC + b"\x01V4\0"


@pytest.mark.parametrize("operation", [occ.REQUEST, occ.REPLY, occ.EXIT])
def test_operation_is_read_back(operation):
    assert occ.operation(occ.message(operation)) == operation


@pytest.mark.parametrize("payload", [b"", occ.MAGIC, PING, b"\x45" + bytes(40), occ.MAGIC[1:]])
def test_other_payloads_are_no_message(payload):
    assert occ.operation(payload) is None
