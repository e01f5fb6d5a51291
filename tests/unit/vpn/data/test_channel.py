"""The data channel: keys in turn, packet ids, replays."""

from __future__ import annotations

import pytest

from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.data_key import PACKET_ID_MAX
from vpn.crypto.key_material import data_keys
from vpn.data.channel import RENEGOTIATE_BEFORE, STOP_BEFORE, DataChannel
from vpn.errors import Drop, PacketError

CIPHER = DATA_CIPHERS["AES-256-GCM"]


def install(channel: DataChannel, key_id: int, now: float, *, is_server: bool) -> None:
    material = bytes((key_id + n) % 256 for n in range(256))
    keys = data_keys(
        material, CIPHER, is_server=is_server, digest="", random_bytes=bytes, unix_time=0
    )
    channel.install(key_id, keys, now, overlap=60, lame=3600)


def both() -> tuple[DataChannel, DataChannel]:
    client, server = DataChannel(), DataChannel()
    for channel, is_server in ((client, False), (server, True)):
        channel.peer_id = 1
        install(channel, 0, 0, is_server=is_server)
    return client, server


def test_packet_ids_count_from_one_and_never_repeat():
    client, server = both()
    datagrams = [client.seal(b"x" * 20) for _ in range(3)]
    assert [datagram[4:8].hex() for datagram in datagrams] == ["00000001", "00000002", "00000003"]
    assert [server.open(datagram) for datagram in datagrams] == [b"x" * 20] * 3
    with pytest.raises(PacketError) as caught:
        server.open(datagrams[0])
    assert caught.value.reason is Drop.REPLAY


def test_new_key_takes_over_when_the_old_one_is_settled():
    client, _ = both()
    install(client, 1, 1000, is_server=False)
    assert client.sealing_key_id == 0
    assert client.next_deadline() == 1060
    client.handle_deadline(1060)
    assert client.sealing_key_id == 1


def test_new_key_is_used_at_once_when_the_old_one_is_young():
    client, _ = both()
    install(client, 1, 10, is_server=False)
    assert client.sealing_key_id == 0  # the control packets that make it known have not left yet
    client.settle(10)
    assert client.sealing_key_id == 1


def test_unknown_key_is_named():
    _, server = both()
    with pytest.raises(PacketError) as caught:
        server.open(bytes([0x4D]) + bytes(40))
    assert caught.value.reason is Drop.UNKNOWN_KEY


def test_header_is_that_of_the_agreed_version():
    client, server = both()
    assert client.seal(b"x")[:4].hex() == "48000001"
    old = DataChannel()
    install(old, 3, 0, is_server=False)
    datagram = old.seal(b"x")
    assert datagram[:5].hex() == "3300000001"
    receiver = DataChannel()
    install(receiver, 3, 0, is_server=True)
    assert receiver.open(datagram) == b"x"
    assert server.is_ready


def test_packet_id_zero_is_never_genuine():
    client, server = both()
    forged = client._sealing.send_key.seal(client._sealing.header, 0, b"x")
    with pytest.raises(PacketError) as caught:
        server.open(forged)
    assert caught.value.reason is Drop.REPLAY


@pytest.mark.parametrize("size", [1, 3, 4, 8, 23])
def test_short_datagrams_are_malformed(size):
    _, server = both()
    with pytest.raises(PacketError) as caught:
        server.open((bytes([0x48]) + bytes(30))[:size])
    assert caught.value.reason is Drop.MALFORMED


def test_a_forged_packet_does_not_move_the_window_or_the_counters():
    client, server = both()
    datagram = client.seal(b"x")
    forged = datagram[:4] + (5000).to_bytes(4, "big") + datagram[8:]
    with pytest.raises(PacketError) as caught:
        server.open(forged)
    assert caught.value.reason is Drop.AUTH
    assert server.newest.packets == 0
    assert server.open(datagram) == b"x"
    assert (server.newest.packets, server.newest.bytes) == (1, 1)


def test_late_packets_are_refused_after_a_silence():
    client, server = both()
    first, *rest = [client.seal(b"x") for _ in range(5)]
    server.age(0, None)
    for datagram in rest:
        server.open(datagram)
    server.age(60, 0)
    with pytest.raises(PacketError) as caught:
        server.open(first)
    assert caught.value.reason is Drop.REPLAY


def test_both_keys_open_until_the_older_expires():
    client, server = both()
    old = client.seal(b"old")
    for channel, is_server in ((client, False), (server, True)):
        install(channel, 1, 100, is_server=is_server)
    client.handle_deadline(160)
    assert client.sealing_key_id == 1
    assert server.open(client.seal(b"new")) == b"new"
    assert server.open(old) == b"old"
    server.handle_deadline(160)
    assert server.next_deadline() == 3700
    server.handle_deadline(3700)
    with pytest.raises(PacketError) as caught:
        server.open(old)
    assert caught.value.reason is Drop.UNKNOWN_KEY


def test_a_third_key_takes_the_place_of_the_first():
    client, _ = both()
    install(client, 1, 1000, is_server=False)
    install(client, 2, 2000, is_server=False)
    assert sorted(client._slots) == [1, 2]
    assert client.sealing_key_id == 1


def test_a_key_whose_packet_ids_run_out_makes_way_early():
    client, _ = both()
    client._sealing.send_packet_id = PACKET_ID_MAX - RENEGOTIATE_BEFORE
    client.spare_packet_ids()
    assert client.sealing_key_id == 0  # there is no other yet
    install(client, 1, 1000, is_server=False)
    client.settle(1000)
    assert client.sealing_key_id == 1
    client.handle_deadline(1010)
    assert client.sealing_key_id == 1


def test_without_another_key_nothing_is_sealed_rather_than_an_id_used_twice():
    client, _ = both()
    client._sealing.send_packet_id = PACKET_ID_MAX - STOP_BEFORE
    client.spare_packet_ids()
    assert not client.is_ready
    client.handle_deadline(10)
    assert not client.is_ready
    install(client, 1, 1000, is_server=False)
    assert client.is_ready


def test_last_packet_id_is_used_once():
    client, server = both()
    client._sealing.send_packet_id = PACKET_ID_MAX - 1
    assert server.open(client.seal(b"last")) == b"last"
    with pytest.raises(PacketError):
        client.seal(b"one too many")


def test_cleared_channel_knows_nothing():
    client, _ = both()
    datagram = client.seal(b"x")
    client.clear()
    assert not client.is_ready
    assert client.next_deadline() is None
    with pytest.raises(PacketError):
        client.open(datagram)


@pytest.mark.parametrize(
    ("used", "limits", "is_worn"),
    [
        ({}, (None, 0), False),
        ({"bytes": 99, "packets": 9}, (100, 10), False),
        ({"bytes": 100}, (100, 0), True),
        ({"packets": 10}, (None, 10), True),
        ({"send_packet_id": PACKET_ID_MAX - RENEGOTIATE_BEFORE}, (None, 0), True),
        ({"bytes": CIPHER.limit * 13}, (None, 0), False),
        ({"bytes": CIPHER.limit * 14}, (None, 0), True),  # seven eighths of the blocks
    ],
)
def test_what_wears_a_key_out(used, limits, is_worn):
    client, _ = both()
    client.newest.limit = CIPHER.limit
    for name, value in used.items():
        setattr(client.newest, name, value)
    assert client.newest.is_worn(*limits) is is_worn


@pytest.mark.parametrize("size", [1, 20, 33, 40, 1400])
def test_short_packets_do_not_bring_a_key_beyond_the_limit_of_its_cipher(size):
    client, _ = both()
    slot = client.newest
    slot.limit = CIPHER.limit
    blocks = 1 + -(-size // 16)  # of a packet, itself counted
    slot.packets = CIPHER.limit // 8 * 7 // blocks + 1
    slot.bytes = slot.packets * size
    assert slot.is_worn(None, 0)


def test_a_key_that_is_tried_too_often_opens_no_more():
    client, server = both()
    good = client.seal(b"x" * 20)
    slot = server.newest
    slot.forged = 2**36 - 1
    forged = client.seal(b"y" * 20)[:-1] + b"?"
    for reason in (Drop.AUTH, Drop.AUTH, Drop.UNKNOWN_KEY):
        with pytest.raises(PacketError) as caught:
            server.open(forged)
        assert caught.value.reason is reason
    with pytest.raises(PacketError):
        server.open(good)
    assert slot.is_worn(None, 0)


PACKETS = [b"one", bytes(1400), b"three"]


def test_a_batch_counts_as_its_packets_do():
    client, server = both()
    datagrams = client.seal_batch(PACKETS)
    assert [datagram[4:8].hex() for datagram in datagrams] == ["00000001", "00000002", "00000003"]
    assert server.open_batch(datagrams) == PACKETS
    for channel in (client, server):
        assert (channel.newest.packets, channel.newest.bytes) == (3, 1408)
    assert server.open_batch(datagrams) is None
    with pytest.raises(PacketError) as caught:
        server.open(datagrams[1])
    assert caught.value.reason is Drop.REPLAY


@pytest.mark.parametrize("spoil", [
    lambda three: [three[0], three[2], three[1]],
    lambda three: [three[0], three[2]],
    lambda three: [three[0], three[0]],
    lambda three: [*three, b""],
    lambda three: [b"", *three],
    lambda three: [b"", b""],
    lambda three: [*three, b"\x20" + three[0][1:]],
    lambda three: [b"\x4d" + each[1:] for each in three],
    lambda three: [b"\x28" + each[1:] for each in three],
])  # fmt: skip
def test_a_batch_that_is_not_as_it_should_be_changes_nothing(spoil):
    client, server = both()
    datagrams = client.seal_batch(PACKETS)
    assert server.open_batch(spoil(datagrams)) is None
    assert (server.newest.packets, server.newest.forged) == (0, 0)
    assert [server.open(datagram) for datagram in datagrams] == PACKETS


def test_no_batch_goes_beyond_the_last_packet_id():
    client, _ = both()
    client.newest.send_packet_id = PACKET_ID_MAX - 2
    with pytest.raises(PacketError):
        client.seal_batch(PACKETS)
    assert len(client.seal_batch(PACKETS[:2])) == 2
