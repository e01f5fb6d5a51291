"""SOCKS 5, byte by byte [RFC 1928, RFC 1929]."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.errors import PacketError
from vpn.events import Address
from vpn.system.proxy import ProxyError
from vpn.system.socks import Command, Socks5, datagram_header, payload

GRANTED = b"\5\0\0\1\x7f\0\0\1\x12\x34"


def test_connect_by_name():
    one = Socks5(Command.CONNECT, "vpn.example", 443)
    assert one.start() == b"\5\1\0"
    assert one.feed(b"\5\0") == b"\5\1\0\3\x0bvpn.example\x01\xbb"
    assert one.feed(GRANTED + b"rest") == b""
    assert one.is_done
    assert one.rest == b"rest"
    assert one.bound == ("127.0.0.1", 0x1234)


def test_one_byte_at_a_time():
    one = Socks5(Command.CONNECT, "192.0.2.1", 443)
    one.start()
    said = b"".join(one.feed(bytes((byte,))) for byte in b"\5\0" + GRANTED)
    assert said == b"\5\1\0\1\xc0\0\2\1\x01\xbb"
    assert one.is_done


def test_with_user_name_and_password():
    one = Socks5(Command.UDP_ASSOCIATE, "0.0.0.0", 0, b"me\nsecret\n")
    assert one.start() == b"\5\2\0\2"
    assert one.feed(b"\5\2") == b"\1\2me\6secret"
    assert one.feed(b"\1\0") == b"\5\3\0\1\0\0\0\0\0\0"
    one.feed(b"\5\0\0\4" + bytes(15) + b"\1\0\x50")
    assert one.bound == ("::1", 80)


def test_it_can_be_started_again():
    one = Socks5(Command.CONNECT, "192.0.2.1", 443)
    one.start()
    one.feed(b"\5")
    assert one.start() == b"\5\1\0"
    one.feed(b"\5\0" + GRANTED)
    assert one.is_done


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (b"\4\0", "bad status"),
        (b"\5\xff", "unknown SOCKS auth method"),
        (b"\5\2\1\1", "refused the authentication"),
        (b"\5\0\5\2\0\1", "not allowed by ruleset"),
        (b"\5\0\5\x63\0\1", "reply 99"),
        (b"\5\0\5\0\0\7", "bad address type"),
    ],
)
def test_refusals(words, problem):
    one = Socks5(Command.CONNECT, "192.0.2.1", 443, b"me\nsecret")
    one.start()
    with pytest.raises(ProxyError, match=problem):
        one.feed(words)


def test_a_proxy_that_wants_a_password_that_is_not_there():
    one = Socks5(Command.CONNECT, "192.0.2.1", 443)
    one.start()
    with pytest.raises(ProxyError, match="unknown SOCKS auth method"):
        one.feed(b"\5\2")


@pytest.mark.parametrize("host", ["192.0.2.7", "2001:db8::7"])
@given(data=st.binary(max_size=50))
def test_a_header_comes_off_again(host, data):
    assert payload(datagram_header(Address(host, 1194)) + data) == data


@given(st.binary(max_size=30))
def test_any_bytes_are_a_payload_or_a_packet_error(data):
    with contextlib.suppress(PacketError):
        payload(data)
