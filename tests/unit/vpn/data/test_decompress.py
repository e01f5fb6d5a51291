"""LZ4 and LZO: each kind of instruction, input that lies, output that would never end."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.data.decompress import lz4, lzo
from vpn.errors import Drop, PacketError

LIMIT = 1700


@pytest.mark.parametrize(
    ("block", "expected"),
    [
        ("00", b""),
        ("30616263", b"abc"),
        ("3061626303001064", b"abcabcad"),
        ("1f610100001062", b"a" * 20 + b"b"),
        ("f005" + b"abcdefghijklmnopqrst".hex(), b"abcdefghijklmnopqrst"),
        ("1f610100ff001062", b"a" * 275 + b"b"),
    ],
)
def test_lz4_blocks(block, expected):
    assert lz4(bytes.fromhex(block), LIMIT) == expected


@pytest.mark.parametrize(
    "block",
    [
        "",
        "306162",  # fewer literals than said
        "10610100",  # a match at the end
        "1061000000",  # no distance
        "1061020000",  # before the beginning
        "f0",
        "1f610100ff",
    ],
)
def test_lz4_that_lies_is_refused(block):
    with pytest.raises(PacketError) as caught:
        lz4(bytes.fromhex(block), LIMIT)
    assert caught.value.reason is Drop.BAD_COMPRESSION


END = "110000"


@pytest.mark.parametrize(
    ("stream", "expected"),
    [
        (END, b""),
        ("14616263" + END, b"abc"),
        ("1561626364" + END, b"abcd"),
        ("0161626364" + END, b"abcd"),
        ("0003" + b"a".hex() * 21 + END, b"a" * 21),
        ("15616263646800" + END, b"abcdbcdb"),
    ],
)
def test_lzo_streams(stream, expected):
    assert lzo(bytes.fromhex(stream), LIMIT) == expected


@pytest.mark.parametrize("decompress", [lz4, lzo])
@given(data=st.binary(max_size=80))
def test_whatever_comes_nothing_else_is_raised_and_nothing_is_too_long(decompress, data):
    with suppress(PacketError):
        assert len(decompress(data, 300)) <= 300


@pytest.mark.parametrize(
    ("decompress", "bomb"),
    [
        (lz4, bytes.fromhex("1f610100") + b"\xff" * 100_000 + b"\x00"),
        (lzo, bytes.fromhex("156162636420") + bytes(100_000) + b"\x01\x00\x00"),
        (lzo, bytes.fromhex("00") + bytes(100_000) + b"\x01"),
    ],
)
def test_a_bomb_does_not_go_off(decompress, bomb):
    with pytest.raises(PacketError) as caught:
        decompress(bomb, LIMIT)
    assert caught.value.detail == f"more than {LIMIT} bytes"
