"""The key method 2 message."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.errors import PacketError
from vpn.wire import key_method
from vpn.wire.key_method import KeyMethodMessage, KeySource

TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40)


@given(TEXT, TEXT, TEXT, TEXT, st.booleans())
def test_what_is_written_can_be_read(options, user, password, info, is_client):
    source = KeySource(b"p" * 48 if is_client else b"", b"1" * 32, b"2" * 32)
    message = KeyMethodMessage(source, options, user, password, info)
    assert key_method.parse(key_method.serialize(message), from_client=is_client) == message


def test_old_peer_may_end_after_the_options():
    source = KeySource(b"p" * 48, b"1" * 32, b"2" * 32)
    data = key_method.serialize(KeyMethodMessage(source, "V4"))
    read = key_method.parse(data[:-6], from_client=True)
    assert (read.options_string, read.username, read.peer_info) == ("V4", "", "")


@pytest.mark.parametrize("data", [b"", b"\x00\x00\x00\x00\x01" + bytes(200), bytes(5) + b"x"])
def test_anything_else_is_refused(data):
    with pytest.raises(PacketError):
        key_method.parse(data, from_client=True)


def test_secrets_do_not_show():
    source = KeySource(b"SECRETP" * 7, b"SECRET1" * 5, b"SECRET2" * 5)
    message = KeyMethodMessage(source, "V4", "user", "PASSWORD")
    assert "SECRET" not in repr(message)
    assert "PASSWORD" not in repr(message)


def test_layout_is_that_of_the_protocol():
    source = KeySource(b"p" * 48, b"1" * 32, b"2" * 32)
    data = key_method.serialize(KeyMethodMessage(source, "V4", "me", "", "IV_A=1\n"))
    assert data == (
        b"\0\0\0\0\2" + b"p" * 48 + b"1" * 32 + b"2" * 32
        + b"\0\3V4\0" + b"\0\3me\0" + b"\0\0" + b"\0\x08IV_A=1\n\0"
    )  # fmt: skip


def test_server_has_no_pre_master_secret():
    server = KeySource.generate(lambda size: b"r" * size, is_server=True)
    client = KeySource.generate(lambda size: b"r" * size, is_server=False)
    assert (len(server.pre_master), len(server.random1), len(server.random2)) == (0, 32, 32)
    assert len(client.pre_master) == 48


@given(st.integers(0, 200), st.booleans())
def test_a_message_cut_anywhere_raises_nothing_else(size, from_client):
    source = KeySource(b"p" * 48 if from_client else b"", b"1" * 32, b"2" * 32)
    data = key_method.serialize(KeyMethodMessage(source, "V4,a", "user", "pass", "IV_A=1\n"))
    with suppress(PacketError):
        key_method.parse(data[:size], from_client=from_client)


@given(st.binary(max_size=300))
def test_any_bytes_behind_the_randoms_raise_nothing_else(tail):
    data = key_method.PREFIX + bytes(64) + tail
    with suppress(PacketError):
        key_method.parse(data, from_client=False)


def test_a_text_ends_at_its_first_zero_byte():
    source = KeySource(b"", bytes(32), bytes(32))
    message = key_method.serialize(KeyMethodMessage(source, "V4", "user\x00more", "secret"))
    assert key_method.parse(message, from_client=False).username == "user"
