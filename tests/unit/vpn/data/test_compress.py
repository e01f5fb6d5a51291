"""The framings: their bytes, there and back, what is decompressed, and what is refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.vpn.data import stock
from vpn.data import compress
from vpn.errors import Drop, PacketError

LZO = compress.add_lzo_stub, compress.remove_lzo_stub
STUB = compress.add_stub, compress.remove_stub
STUB_V2 = compress.add_stub_v2, compress.remove_stub_v2


@pytest.mark.parametrize(
    ("add", "packet", "framed"),
    [
        (compress.add_lzo_stub, b"\x45abc", b"\xfa\x45abc"),
        (compress.add_stub, b"\x45abc", b"\xfbabc\x45"),
        (compress.add_stub_v2, b"\x45abc", b"\x45abc"),
        (compress.add_stub_v2, b"\x50abc", b"\x50\x00\x50abc"),
    ],
)
def test_bytes_on_the_wire(add, packet, framed):
    assert add(packet) == framed


@given(st.binary(min_size=1, max_size=60), st.sampled_from([LZO, STUB, STUB_V2]))
def test_there_and_back(packet, framing):
    add, remove = framing
    assert remove(add(packet)) == packet


def test_escape_with_the_stock_programs_mistake_is_taken_too():
    assert compress.remove_stub_v2(b"\x50\x0a\x50abc") == b"\x50abc"


@pytest.mark.parametrize(
    ("remove", "payload"),
    [
        (compress.remove_lz4, stock.LZ4),
        (compress.remove_lz4_v2, stock.LZ4_V2),
        (compress.remove_lzo, stock.LZO),
    ],
)
def test_packets_that_the_stock_program_has_compressed(remove, payload):
    assert remove(bytes.fromhex(payload), len(stock.LONG)) == stock.LONG
    with pytest.raises(PacketError):
        remove(bytes.fromhex(payload), len(stock.LONG) - 1)


@pytest.mark.parametrize(
    ("add", "remove"),
    [
        (compress.add_stub, compress.remove_lz4),
        (compress.add_stub_v2, compress.remove_lz4_v2),
        (compress.add_lzo_stub, compress.remove_lzo),
    ],
)
def test_packets_that_are_not_compressed_pass_as_well(add, remove):
    for packet in (stock.SHORT, b"\x50" + stock.SHORT):
        assert remove(add(packet), 10) == packet


@pytest.mark.parametrize(
    ("remove", "payload"),
    [
        (compress.remove_lzo_stub, b"\x66data"),
        (compress.remove_lzo_stub, b"\x45data"),
        (compress.remove_lzo_stub, b""),
        (compress.remove_stub, b"\x69data"),
        (compress.remove_stub, b"\xfadata"),
        (compress.remove_stub, b"\xfb"),
        (compress.remove_stub_v2, b"\x50\x01data"),
        (compress.remove_stub_v2, b"\x50\x0b"),
        (compress.remove_stub_v2, b"\x50"),
    ],
)
def test_compressed_and_unmarked_input_is_refused(remove, payload):
    with pytest.raises(PacketError) as caught:
        remove(payload)
    assert caught.value.reason is Drop.BAD_COMPRESSION
