"""New static keys, as the wire reads them."""

from __future__ import annotations

import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.pki import static_key
from vpn.pki.store import PkiError
from vpn.wire.static_key import parse


@given(st.binary(min_size=256, max_size=256))
def test_a_key_is_read_as_it_was_made(material):
    text = static_key.generate(lambda size: material[:size])
    assert parse(text.encode(), "tls-auth") == material
    assert all(len(line) <= 48 for line in text.splitlines())


def test_two_keys_differ():
    assert static_key.generate() != static_key.generate()


def test_a_key_file_is_private_and_never_replaced(tmp_path):
    path = tmp_path / "ta.key"
    text = static_key.write_new(path)
    assert path.read_text() == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(PkiError, match="is there already"):
        static_key.write_new(path)
    assert path.read_text() == text


def test_a_place_that_can_not_be_written_is_named(tmp_path):
    with pytest.raises(PkiError, match=r"cannot write .*No such file or directory"):
        static_key.write_new(tmp_path / "missing" / "ta.key")
