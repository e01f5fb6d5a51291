"""Named blocks of base64."""

from __future__ import annotations

import pytest

from vpn.wire import pem

NAME = "OpenVPN tls-crypt-v2 server key"


def test_what_is_written_is_read_again():
    text = "# a comment\n" + pem.serialize(NAME, bytes(range(128))) + "and more\n"
    assert pem.parse(NAME, text.encode()) == bytes(range(128))
    assert max(map(len, text.splitlines())) == 64


@pytest.mark.parametrize(
    "text", ["", "-----BEGIN X-----\n", "-----BEGIN X-----\n?\n-----END X-----"]
)
def test_what_is_no_block_is_nothing(text):
    assert pem.parse("X", text.encode()) is None
