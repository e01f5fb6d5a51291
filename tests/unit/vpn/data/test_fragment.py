"""Fragments: their bytes, packets cut and joined, pieces that never come, pieces that can't be."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.vpn.data import stock
from vpn.data.fragment import LAST, LIFETIME, MAX_PACKETS, MORE, Fragments, header
from vpn.errors import Drop, PacketError


def fragments(room: int = 104, longest: int = 1600) -> Fragments:
    return Fragments(room, longest, Counter())


def joined(ends: Fragments, pieces: list[bytes], now: float = 0) -> list[bytes]:
    return [packet for piece in pieces if (packet := ends.join(piece, now))]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ((MORE, 1, 0), "00000005"),
        ((MORE, 255, 3), "00000ffd"),
        ((LAST, 1, 1, 100), "000c8406"),
        ((LAST, 128, 31, 1400), "00af7e02"),
    ],
)
def test_bytes_of_a_header(fields, expected):
    assert header(*fields).hex() == expected


def test_fragments_of_the_stock_program_are_joined():
    pieces = [bytes.fromhex(piece) for piece in stock.FRAGMENT_100]
    assert joined(fragments(), pieces[::-1]) == [stock.LONG]


def test_the_same_pieces_are_cut():
    ends = fragments(room=72)
    ends._sequence_id = 0xB9
    assert [piece.hex() for piece in ends.split(stock.LONG)] == stock.FRAGMENT_100


def test_a_packet_that_fits_has_a_header_of_zeros():
    ends = fragments()
    assert ends.split(b"x" * 100) == [bytes(4) + b"x" * 100]
    assert ends.join(bytes(4) + b"x" * 100, 0) == b"x" * 100


def test_a_longer_one_is_cut_evenly():
    pieces = fragments().split(bytes(range(201)))
    assert [len(piece) - 4 for piece in pieces] == [68, 68, 65]
    assert [piece[:4] for piece in pieces] == [
        header(MORE, 1, 0),
        header(MORE, 1, 1),
        header(LAST, 1, 2, 68),
    ]


@given(st.integers(1, 1500), st.integers(60, 1400), st.randoms(use_true_random=False))
def test_there_and_back_in_any_order(size, room, chance):
    packet = random.Random(size).randbytes(size)
    pieces = fragments(room).split(packet)
    assert all(len(piece) <= room for piece in pieces)
    chance.shuffle(pieces)
    assert joined(fragments(), pieces) == [packet]


def test_packets_are_told_apart_while_their_pieces_mix():
    ends = fragments()
    first, second = ends.split(b"a" * 250), ends.split(b"b" * 250)
    mixed = [piece for both in zip(first, second, strict=True) for piece in both]
    assert joined(fragments(), mixed) == [b"a" * 250, b"b" * 250]


def test_sequence_ids_come_round():
    sender, receiver = fragments(), fragments()
    for number in range(300):
        packet = bytes([number % 256]) * 200
        assert joined(receiver, sender.split(packet)) == [packet]


def test_a_packet_of_too_many_pieces_is_dropped_by_name():
    ends = fragments(room=24)
    assert len(ends.split(bytes(32 * 20))) == 32
    assert ends.split(bytes(32 * 20 + 1)) == []
    assert ends._drops == {Drop.TOO_LARGE: 1}


def test_a_missing_piece_is_waited_for_ten_seconds():
    sender, receiver = fragments(), fragments()
    first, last = sender.split(bytes(150))
    assert receiver.join(first, 0) == b""
    assert receiver.join(last, LIFETIME) == b""
    assert receiver._drops == {Drop.FRAGMENT_LOST: 1}


def test_the_oldest_makes_room_when_too_many_are_open():
    sender, receiver = fragments(), fragments()
    packets = [sender.split(bytes([number]) * 150) for number in range(MAX_PACKETS + 1)]
    for first, _ in packets:
        receiver.join(first, 0)
    assert receiver._drops == {Drop.FRAGMENT_LOST: 1}
    assert len(joined(receiver, [last for _, last in packets[1:]])) == MAX_PACKETS


@pytest.mark.parametrize(
    "second",
    [
        header(MORE, 7, 0) + bytes(40),  # the same number again
        header(MORE, 7, 1) + bytes(44),  # of another size
        header(LAST, 7, 1, 44) + bytes(4),
    ],
)
def test_a_piece_that_does_not_fit_begins_another_packet(second):
    receiver = fragments()
    receiver.join(header(MORE, 7, 0) + bytes(40), 0)
    assert receiver.join(second, 0) == b""
    assert receiver._drops == {Drop.FRAGMENT_LOST: 1}


def test_pieces_behind_the_last_begin_another_packet():
    receiver = fragments()
    receiver.join(header(LAST, 7, 2, 40) + bytes(4), 0)
    assert receiver.join(header(MORE, 7, 3) + bytes(40), 0) == b""
    assert receiver.join(header(LAST, 7, 2, 40) + bytes(4), 0) == b""
    assert receiver._drops == {Drop.FRAGMENT_LOST: 2}


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        bytes(3),
        header(MORE, 1, 0),
        header(MORE, 1, 0) + bytes(41),  # no multiple of 4
        header(LAST, 1, 0, 40) + bytes(4),  # the only one: it would have been whole
        header(LAST, 1, 1, 40) + bytes(41),  # longer than the others
        header(LAST, 1, 1, 0) + bytes(4),
        header(0, 1, 0) + bytes(40),
        header(3, 0, 0) + bytes(40),
        header(MORE, 1, 31) + bytes(52),  # 1664 bytes
    ],
)
def test_what_can_be_no_piece_is_refused(payload):
    with pytest.raises(PacketError) as caught:
        fragments().join(payload, 0)
    assert caught.value.reason is Drop.BAD_FRAGMENT


@given(st.lists(st.binary(max_size=120), max_size=60))
def test_nothing_but_a_packet_error_comes_out(payloads):
    ends = fragments(longest=300)
    for number, payload in enumerate(payloads):
        try:
            packet = ends.join(payload, number)
        except PacketError:
            continue
        assert len(packet) <= 300
    assert len(ends._partials) <= MAX_PACKETS
