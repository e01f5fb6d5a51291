"""Epochs of data keys: the stock program's vectors, and how two ends go from one to the next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.epoch import EPOCH_MAX, Epoch, EpochReceiveKey, EpochReplayWindow, EpochSendKey
from vpn.errors import Drop, PacketError

BASE = b"abcdefgh01234567ABCDEFGHjkuchenl"
MATERIAL = bytes(BASE[i % 32] ^ (i & 0xFF) for i in range(256))
PLAIN = b"The quick little fox jumps over the bureaucratic hurdles"
HEADER = bytes.fromhex("07000017")
GCM = DATA_CIPHERS["AES-256-GCM"]


class End:
    """Both keys of one side; the other side has the slots the other way round."""

    def __init__(self, *, is_server: bool = False, limit: int = GCM.limit) -> None:
        slots = MATERIAL[:64], MATERIAL[128:192]
        cipher = replace(GCM, limit=limit)
        self.send = EpochSendKey(cipher, slots[is_server])
        self.receive = EpochReceiveKey(cipher, slots[not is_server], self.send)


def test_the_iv_of_an_epoch():
    secret = bytes.fromhex("130c") + bytes(30)
    iv = Epoch(DATA_CIPHERS["AES-192-GCM"], secret).iv
    assert iv.to_bytes(12, "big").hex() == "86890aabf032cb59f4cfa34e"


def test_known_packets():
    send = End().send
    first = send.seal(HEADER, 1, PLAIN)
    assert first[4:12].hex() == "0001000000000001"
    assert first[18:24].hex() == "8e455addd90e"
    assert first[-16:].hex() == "a0b54cdd93ff0b01a3265ecf19d56a06"
    send = End().send
    send.advance(4)
    assert send.seal(HEADER, 1, PLAIN).hex() == (
        "0700001700040000000000016eacea349ca836aab4d49ce685399a9bab964526e9cd11ece8cb7d77bdbc5c6a"
        "c4f49f36ea02e9c1f5d97644afa9118ba9f9a892623f1a130ffff5913d39d75b18573b5748589a7d"
    )


@pytest.mark.parametrize("name", ["AES-128-GCM", "AES-192-GCM", "CHACHA20-POLY1305"])
def test_every_aead(name):
    cipher = DATA_CIPHERS[name]
    send = EpochSendKey(cipher, MATERIAL[:64])
    receive = EpochReceiveKey(cipher, MATERIAL[:64], send)
    assert receive.open(send.seal(HEADER, 1, PLAIN), 4) == (1 << 48 | 1, PLAIN)


def test_a_used_up_epoch_is_followed_by_the_next_in_both_directions():
    client, server = End(limit=12), End(is_server=True)
    epochs = []
    for number in range(1, 10):  # of five blocks each, with the packet itself
        found, plain = server.receive.open(client.send.seal(HEADER, number, PLAIN), 4)
        epochs.append((found >> 48, found & 0xFFFF))
        assert plain == PLAIN
    assert epochs == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3), (3, 1), (3, 2), (3, 3)]
    assert server.send.epoch == 3
    assert client.receive.open(server.send.seal(HEADER, 1, PLAIN), 4)[0] == 3 << 48 | 1


def test_a_counter_does_not_wrap():
    send = End().send
    send.advance(0xF00E)
    send._base = 1 - 2**48
    assert send.seal(HEADER, 0, PLAIN)[4:12].hex() == "f00effffffffffff"
    assert send.seal(HEADER, 1, PLAIN)[4:12].hex() == "f00f000000000001"
    assert send.is_spent


def test_there_is_no_epoch_beyond_the_last():
    send = End(limit=1).send
    send._epoch.number = EPOCH_MAX
    send.seal(HEADER, 1, PLAIN)
    with pytest.raises(PacketError) as caught:
        send.seal(HEADER, 2, PLAIN)
    assert caught.value.reason is Drop.KEY_NOT_READY


@pytest.mark.parametrize(("ahead", "is_taken"), [(1, True), (15, True), (16, True), (17, False)])
def test_so_many_epochs_may_be_missed(ahead, is_taken):
    client, server = End(), End(is_server=True)
    client.send.advance(1 + ahead)
    sealed = client.send.seal(HEADER, 1, PLAIN)
    if is_taken:
        assert server.receive.open(sealed, 4)[1] == PLAIN
        assert server.send.epoch == 1 + ahead
        return
    with pytest.raises(PacketError) as caught:
        server.receive.open(sealed, 4)
    assert caught.value.reason is Drop.AUTH


def test_the_epoch_before_still_opens_and_what_is_older_does_not():
    client, server = End(), End(is_server=True)
    sealed = []
    for number, one in enumerate((1, 5, 6), 1):
        client.send.advance(one)
        sealed.append([client.send.seal(HEADER, 2 * number + late, PLAIN) for late in (0, 1)])
    (first, late_first), (second, late_second), (third, _) = sealed
    server.receive.open(first, 4)
    server.receive.open(second, 4)
    assert server.receive.open(late_first, 4)[1] == PLAIN
    server.receive.open(third, 4)
    assert server.receive.open(late_second, 4)[1] == PLAIN
    with pytest.raises(PacketError, match="no key for epoch 1"):
        server.receive.open(late_first, 4)


def test_what_is_forged_moves_nothing():
    client, server = End(), End(is_server=True)
    client.send.advance(3)
    sealed = client.send.seal(HEADER, 1, b"payload")
    for bit in range(len(sealed) * 8):
        bent = bytearray(sealed)
        bent[bit // 8] ^= 1 << bit % 8
        with pytest.raises(PacketError) as caught:
            server.receive.open(bytes(bent), 4)
        assert caught.value.reason is Drop.AUTH
    assert server.send.epoch == 1
    with pytest.raises(PacketError) as caught:
        server.receive.open(sealed[:27], 4)
    assert caught.value.reason is Drop.MALFORMED


def test_epoch_zero_is_never_sent():
    client, server = End(), End(is_server=True)
    sealed = client.send.seal(HEADER, 1, PLAIN)
    with pytest.raises(PacketError, match="no key for epoch 0"):
        server.receive.open(sealed[:4] + bytes(2) + sealed[6:], 4)


def test_each_of_the_last_two_epochs_has_a_replay_window():
    window = EpochReplayWindow(64, 15)

    def accept(number: int, counter: int) -> bool:
        return window.accept(number << 48 | counter)

    assert accept(1, 1)
    assert accept(1, 3)
    assert accept(2, 1)
    assert accept(1, 2)
    assert not accept(1, 2)
    assert not accept(2, 1)
    assert not accept(2, 0)
    assert accept(7, 1)
    assert accept(2, 2)
    assert not accept(1, 4)
    window.age(0, None)
    window.age(10, 0)
    window.age(30, 10)
    assert not accept(7, 0)


def test_a_batch_that_uses_an_epoch_up_goes_on_in_the_next():
    at_once, alone = End(limit=40).send, End(limit=40).send
    for first in (1, 11, 21):
        texts = [bytes(16)] * 10
        expected = [alone.seal(HEADER, first + number, text) for number, text in enumerate(texts)]
        sealed = at_once.seal_batch(HEADER, first, texts)
        epochs = [int.from_bytes(one[4:6]) for one in sealed]
        assert epochs[-1] >= int.from_bytes(expected[-1][4:6])  # sooner is no harm
    assert at_once.epoch > 1


def test_a_batch_of_a_later_epoch_is_opened_one_by_one_and_the_next_at_once():
    client, server = End(), End(is_server=True)
    client.send.advance(3)
    sealed = client.send.seal_batch(HEADER, 1, [b"one", b"two"])
    assert server.receive.open_batch(sealed, 4) is None
    assert [server.receive.open(one, 4)[1] for one in sealed] == [b"one", b"two"]
    first, texts = server.receive.open_batch(client.send.seal_batch(HEADER, 3, [b"3", b"4"]), 4)
    assert texts == [b"3", b"4"]
    window = EpochReplayWindow()
    assert not window.accept_run(first, 2)  # of an epoch that it has not seen
    assert window.accept(first - 1)
    assert window.accept_run(first, 2)
    assert not window.accept(first + 1)
