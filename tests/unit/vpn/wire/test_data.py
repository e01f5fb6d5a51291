"""Headers of data packets."""

from __future__ import annotations

from vpn.wire import data


def test_version_two_carries_the_peer_id():
    assert data.header(1, 0x000017).hex() == "49000017"
    assert data.peer_id(bytes.fromhex("4900001700")) == 0x17


def test_version_one_is_a_single_byte():
    assert data.header(2, None).hex() == "32"


def test_no_peer_id_has_a_number_of_its_own():
    assert data.header(7, data.NO_PEER_ID).hex() == "4fffffff"
