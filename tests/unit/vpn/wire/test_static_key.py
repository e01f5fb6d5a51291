"""Static key files and their four parts."""

from __future__ import annotations

import pytest

from vpn.errors import ConfigError
from vpn.wire import static_key

MATERIAL = bytes(range(256))


def test_file_there_and_back():
    text = static_key.serialize(MATERIAL)
    assert static_key.parse(text.encode(), "tls-auth") == MATERIAL
    assert len([line for line in text.splitlines() if len(line) == 32]) == 16


def test_directions_cross():
    send, receive = static_key.by_direction(MATERIAL, 0)
    assert (send.cipher[0], send.hmac[0], receive.cipher[0], receive.hmac[0]) == (0, 64, 128, 192)
    assert static_key.by_direction(MATERIAL, 1) == (receive, send)
    assert static_key.by_direction(MATERIAL, None) == (send, send)
    assert "cipher" not in repr(send)


@pytest.mark.parametrize("text", [b"", b"-----BEGIN OpenVPN Static key V1-----\nzz\n"])
def test_what_is_no_key_is_refused_by_name(text):
    with pytest.raises(ConfigError, match="tls-crypt: "):
        static_key.parse(text, "tls-crypt")


def test_short_key_is_refused():
    text = static_key.serialize(MATERIAL).replace("000102", "")
    with pytest.raises(ConfigError, match="253 bytes, not 256"):
        static_key.parse(text.encode(), "tls-auth")


def test_comments_blanks_and_upper_case_do_no_harm():
    text = static_key.serialize(MATERIAL).replace("0a0b", "0A0B").replace("\n", "\r\n\r\n")
    text = "# before\n; and after\n" + text + "# the end\n"
    assert static_key.parse(text.encode(), "tls-auth") == MATERIAL


def test_long_key_is_refused():
    text = static_key.serialize(MATERIAL).replace("000102", "00000102")
    with pytest.raises(ConfigError, match="257 bytes, not 256"):
        static_key.parse(text.encode(), "tls-auth")


def test_only_256_bytes_are_split():
    with pytest.raises(ValueError, match="256 bytes"):
        static_key.split(MATERIAL[:255])
