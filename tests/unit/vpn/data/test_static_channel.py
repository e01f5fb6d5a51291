"""Packets without a header: those of the stock program, and there and back."""

from __future__ import annotations

import pytest

from tests.unit.vpn.data import stock
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.key_material import static_keys
from vpn.data.static_channel import StaticChannel
from vpn.errors import Drop, PacketError
from vpn.wire.static_key import by_direction

MATERIAL = bytes(range(256))


def channel(direction: int | None, cipher: str, digest: str, time: int = 1000) -> StaticChannel:
    slots = by_direction(MATERIAL, direction)
    keys = static_keys(slots, DATA_CIPHERS[cipher], digest, bytes, time)
    return StaticChannel(keys, (64, 15))


@pytest.mark.parametrize(
    ("direction", "cipher", "digest", "datagram"),
    [
        (None, "AES-256-CBC", "sha256", stock.STATIC_AES_256_SHA256),
        (0, "AES-128-CBC", "sha1", stock.STATIC_AES_128_SHA1_DIRECTION_1),
        (None, "AES-256-CBC", "", stock.STATIC_AES_256_WITHOUT_HMAC),
    ],
)
def test_packets_of_the_stock_program_are_opened(direction, cipher, digest, datagram):
    assert channel(direction, cipher, digest).open(bytes.fromhex(datagram)) == stock.SHORT


def test_there_and_back_once():
    near, far = channel(0, "AES-256-CBC", "sha256"), channel(1, "AES-256-CBC", "sha256")
    datagram = near.seal(b"packet")
    assert far.open(datagram) == b"packet"
    with pytest.raises(PacketError) as caught:
        far.open(datagram)
    assert caught.value.reason is Drop.REPLAY


def test_a_later_time_begins_the_ids_anew_and_an_earlier_one_is_refused():
    far = channel(1, "AES-256-CBC", "sha256")
    first, second = (channel(0, "AES-256-CBC", "sha256", time) for time in (1000, 1001))
    assert [far.open(one.seal(b"x")) for one in (first, second)] == [b"x", b"x"]
    with pytest.raises(PacketError) as caught:
        far.open(first.seal(b"x"))
    assert caught.value.reason is Drop.REPLAY


@pytest.mark.parametrize("datagram", [b"", b"x", bytes(31), bytes(128)])
def test_anything_else_is_dropped(datagram):
    with pytest.raises(PacketError) as caught:
        channel(None, "AES-256-CBC", "sha256").open(datagram)
    assert caught.value.reason in (Drop.AUTH, Drop.MALFORMED)
