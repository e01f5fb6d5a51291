"""Peer info: what is announced, and what is made of an announcement."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.wire import peer_info
from vpn.wire.peer_info import Proto

CIPHERS = ("AES-256-GCM", "AES-128-GCM", "CHACHA20-POLY1305")


def test_only_bits_that_are_implemented_are_announced():
    text = peer_info.serialize("vpnlab-0", "linux", CIPHERS, 1600)
    assert peer_info.parse(text).proto == Proto(
        1 << 1 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 12
    )
    assert "IV_PROTO=6046\n" in text
    assert "IV_NCP=2\n" in text


def test_compression_is_claimed_where_it_is_allowed():
    text = peer_info.serialize("v", "linux", CIPHERS, 1600, has_compression=True)
    assert "IV_LZ4=1\nIV_LZ4v2=1\nIV_LZO=1\nIV_COMP_STUB=1\n" in text
    assert "IV_LZO_STUB" not in text


def test_ncp_without_both_gcm_ciphers_is_not_claimed():
    assert "IV_NCP" not in peer_info.serialize("v", "linux", ("AES-256-GCM",), 1600)


def test_ciphers_come_from_the_list_or_from_ncp():
    assert peer_info.parse("IV_CIPHERS=aes-128-gcm:X\nIV_NCP=2").ciphers == ("AES-128-GCM", "X")
    assert peer_info.parse("IV_NCP=2").ciphers == ("AES-256-GCM", "AES-128-GCM")
    assert peer_info.parse("IV_VER=2.3").ciphers is None


def test_strange_lines_do_no_harm():
    read = peer_info.parse("IV_PROTO=x\n=\nno\nIV_VER=a\x01b\n\xffIV=1")
    assert read.proto == Proto(0)
    assert read.values == {"IV_PROTO": "x", "IV_VER": "a_b"}


@pytest.mark.parametrize("text", ["²", "-2", "9" * 5000, "0x0e", ""])
def test_a_number_that_is_none_announces_nothing(text):
    read = peer_info.parse(f"IV_PROTO={text}\nIV_NCP={text}")
    assert read.proto == Proto(0)
    assert read.ciphers is None


@given(st.text(max_size=200))
def test_no_text_raises(text):
    read = peer_info.parse(text)
    assert (read.proto, read.ciphers, read.accepts_mtu) is not None


def test_lines_stand_in_the_stock_clients_order():
    lines = peer_info.serialize("2.7", "linux", CIPHERS, 1600).splitlines()
    assert " ".join(line.partition("=")[0] for line in lines) == (
        "IV_VER IV_PLAT IV_TCPNL IV_MTU IV_NCP IV_CIPHERS IV_PROTO "
        "IV_LZO_STUB IV_COMP_STUB IV_COMP_STUBv2"
    )
