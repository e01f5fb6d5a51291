"""Datagrams over a byte stream, wherever it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpn.errors import Drop, PacketError
from vpn.wire.stream import StreamDecoder, frame


@given(st.lists(st.binary(min_size=1, max_size=40)), st.integers(1, 17))
def test_any_cut_gives_the_same_datagrams(datagrams, size):
    stream = frame(datagrams)
    decoder, out = StreamDecoder(), []
    for at in range(0, len(stream), size):
        out += decoder.feed(stream[at : at + size])
    assert out == datagrams


@pytest.mark.parametrize("length", ["0000", "2000"])
def test_impossible_length_ends_the_stream(length):
    with pytest.raises(PacketError) as caught:
        StreamDecoder(max_length=1600).feed(bytes.fromhex(length))
    assert caught.value.reason is Drop.MALFORMED


def test_half_a_datagram_waits():
    decoder = StreamDecoder()
    assert decoder.feed(b"\x00\x03ab") == []
    assert decoder.feed(b"c") == [b"abc"]


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=20), st.data())
def test_cuts_of_any_size_give_the_same_datagrams(datagrams, data):
    stream, decoder, out = frame(datagrams), StreamDecoder(), []
    while stream:
        cut = data.draw(st.integers(1, len(stream)))
        out += decoder.feed(stream[:cut])
        stream = stream[cut:]
    assert out == datagrams


def test_longest_datagram_passes_and_one_more_byte_does_not():
    decoder = StreamDecoder(max_length=5)
    assert decoder.feed(frame([b"12345"])) == [b"12345"]
    with pytest.raises(PacketError) as caught:
        decoder.feed(frame([b"123456"]))
    assert caught.value.detail == "6"  # the log line names the length
    assert StreamDecoder().feed(frame([bytes(65535)])) == [bytes(65535)]


def test_length_alone_is_no_datagram():
    decoder = StreamDecoder()
    assert decoder.feed(b"\x00") == []
    assert decoder.feed(b"\x01") == []
    assert decoder.feed(b"x\x00") == [b"x"]


@given(
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 90)), max_size=8),
    st.integers(1, 300),
)
def test_runs_of_one_length_are_cut_where_they_end(runs, size):
    datagrams = [
        bytes([number % 256]) * length for length, count in runs for number in range(count)
    ]
    stream, decoder, out = frame(datagrams), StreamDecoder(), []
    for at in range(0, len(stream), size):
        out += decoder.feed(stream[at : at + size])
    assert out == datagrams
