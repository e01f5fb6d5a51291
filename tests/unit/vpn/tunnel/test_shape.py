"""mssfix in numbers: what each way of sending takes away from a segment."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from tests.unit.vpn.data import stock
from vpn.config.options import (
    Compression,
    DataOptions,
    DevType,
    LinkOptions,
    Options,
    Secret,
    TlsOptions,
    TunOptions,
)
from vpn.errors import Drop, PacketError
from vpn.events import Address
from vpn.tunnel import shape
from vpn.wire.data import V1_SIZE, V2_SIZE

V4, V6 = Address("203.0.113.2", 1), Address("2001:db8::2", 1)
TCP4, TCP6 = V4._replace(connection=1), V6._replace(connection=1)


@pytest.mark.parametrize(
    ("link", "address", "expected"),
    [
        ({}, V4, 1400),
        ({}, V6, 1380),
        ({}, TCP4, 1386),
        ({}, TCP6, 1366),
        ({"mssfix": 1000, "mssfix_mode": None}, V4, 936),  # the size less 64
        ({"mssfix": 1000, "mssfix_mode": None}, V6, 936),
        ({"mssfix": 1400, "mssfix_mode": "fixed"}, V4, 1360),
        ({"mssfix": None}, V4, 0),
        ({"mssfix": 28}, V4, 1),
        ({"mssfix": 28, "mssfix_mode": "fixed"}, V4, 1),
    ],
)
def test_mssfix(link, address, expected):
    assert shape.max_mss(Options(link=LinkOptions(**link)), address, V2_SIZE) == expected


@pytest.mark.parametrize(
    ("compression", "bytes_less"),
    [
        (Compression.NONE, 0),
        (Compression.LZO_STUB, 1),
        (Compression.STUB, 1),
        (Compression.STUB_V2, 0),
    ],
)
def test_mssfix_leaves_room_for_the_framing(compression, bytes_less):
    options = Options(data=DataOptions(compression=compression))
    assert shape.max_mss(options, V4, V2_SIZE) == 1400 - bytes_less


def test_mssfix_leaves_room_for_an_ethernet_header():
    options = Options(tun=TunOptions(dev_type=DevType.TAP))
    assert shape.max_mss(options, V4, V2_SIZE) == 1386


@pytest.mark.parametrize(
    ("fragment", "mode", "address", "room"),
    [
        (1300, None, V4, 1276),
        (1300, None, V6, 1276),
        (1300, "mtu", V4, 1248),
        (1300, "mtu", V6, 1228),
    ],
)
def test_fragments_fit_a_datagram(fragment, mode, address, room):
    options = Options(link=LinkOptions(fragment=fragment, fragment_mode=mode))
    assert shape.fragment_room(options, address, V2_SIZE) == room
    ends = shape.Shape(options, address, Counter(), has_peer_id=True)
    pieces = ends.payloads([bytes(1500)])
    assert len(pieces) == 2
    assert all(len(piece) <= room for piece in pieces)
    assert [ends.packet(piece, 0) for piece in pieces] == [b"", bytes(1500)]


def test_mssfix_leaves_room_for_the_header_of_a_fragment():
    options = Options(link=LinkOptions(fragment=1300))
    assert shape.max_mss(options, V4, V2_SIZE) == 1396


@pytest.mark.parametrize(("size", "mss"), [(990, 911), (992, 927), (1007, 927), (1008, 943)])
def test_mssfix_with_a_static_key(size, mss):
    options = Options(
        link=LinkOptions(mssfix=size, mssfix_mode=None),
        tls=TlsOptions(static_key=Secret(b"key")),
        data=DataOptions(cipher="AES-128-CBC", auth="none"),
    )
    size = shape.header_size(options, has_peer_id=False)
    assert shape.max_mss(options, V4, size, "AES-128-CBC") == mss


def test_a_packet_too_long_for_all_its_fragments_is_counted():
    drops: Counter[Drop] = Counter()
    options = Options(link=LinkOptions(fragment=68))
    ends = shape.Shape(options, V4, drops, has_peer_id=True)
    assert ends.payloads([bytes(1500)]) == []
    assert drops == {Drop.TOO_LARGE: 1}


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (Compression.LZ4, stock.LZ4),
        (Compression.LZ4_V2, stock.LZ4_V2),
        (Compression.LZO, stock.LZO),
    ],
)
def test_what_is_received_is_decompressed_where_that_was_asked_for(kind, payload):
    options = Options(data=DataOptions(compression=kind))
    ends = shape.Shape(options, V4, Counter(), has_peer_id=True)
    assert ends.packet(bytes.fromhex(payload), 0) == stock.LONG
    assert ends.packet(ends.payloads([stock.LONG])[0], 0) == stock.LONG
    stub = replace(options, data=replace(options.data, compression=kind.stub))
    with pytest.raises(PacketError) as caught:
        shape.Shape(stub, V4, Counter(), has_peer_id=True).packet(bytes.fromhex(payload), 0)
    assert caught.value.reason is Drop.BAD_COMPRESSION


def test_without_a_peer_id_the_header_is_three_bytes_less():
    assert shape.max_mss(Options(), V4, V1_SIZE) == 1403


@pytest.mark.parametrize(
    ("size", "cipher", "auth", "compression", "mss"),
    [
        (1000, "none", "none", Compression.NONE, 952),
        (1003, "AES-128-CBC", "none", Compression.NONE, 931),
        (1004, "AES-128-CBC", "none", Compression.NONE, 931),
        (1011, "AES-128-CBC", "none", Compression.NONE, 931),
        (1012, "AES-128-CBC", "none", Compression.NONE, 947),
        (1012, "AES-128-CBC", "none", Compression.LZO_STUB, 946),
        (1032, "AES-128-CBC", "SHA1", Compression.NONE, 947),
        (1004, "BF-CBC", "none", Compression.NONE, 947),
        (1000, "AES-128-OFB", "none", Compression.NONE, 940),
    ],
)
def test_mssfix_follows_the_cipher(size, cipher, auth, compression, mss):
    options = Options(
        link=LinkOptions(mssfix=size, mssfix_mode=None),
        data=DataOptions(auth=auth, compression=compression),
    )
    assert shape.max_mss(options, V4, V2_SIZE, cipher=cipher) == mss


def test_the_packet_ids_of_epochs_are_longer():
    options = Options(link=LinkOptions(fragment=1300, mssfix=1000))
    ends = shape.Shape(options, V4, Counter(), has_peer_id=True, has_epochs=True)
    pieces = ends.payloads([bytes(1500)])
    assert [len(piece) + 4 + 24 <= 1300 for piece in pieces] == [True, True]
    size = shape.header_size(options, has_peer_id=True, has_epochs=True)
    assert shape.max_mss(options, V4, size) == shape.max_mss(options, V4, V2_SIZE) - 4
