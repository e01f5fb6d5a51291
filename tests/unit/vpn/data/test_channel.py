"""The data channel: keys in turn, replays, framings, mssfix."""

from __future__ import annotations

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6

from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.key_material import data_keys
from vpn.data import compress, mss, occ
from vpn.data.channel import DataChannel
from vpn.data.keepalive import PING, Keepalive
from vpn.errors import Drop, PacketError

CIPHER = DATA_CIPHERS["AES-256-GCM"]


def install(channel: DataChannel, key_id: int, now: float, *, is_server: bool) -> None:
    material = bytes((key_id + n) % 256 for n in range(256))
    keys = data_keys(material, CIPHER, is_server=is_server)
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
    assert client.sealing_key_id == 1


def test_unknown_key_is_named():
    _, server = both()
    with pytest.raises(PacketError) as caught:
        server.open(bytes([0x4D]) + bytes(40))
    assert caught.value.reason is Drop.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("add", "remove"),
    [
        (compress.add_lzo_stub, compress.remove_lzo_stub),
        (compress.add_stub, compress.remove_stub),
        (compress.add_stub_v2, compress.remove_stub_v2),
    ],
)
@pytest.mark.parametrize("packet", [b"\x45rest of it", b"\x50starts with the mark", b"\x60"])
def test_framings_there_and_back(add, remove, packet):
    assert remove(add(packet)) == packet


@pytest.mark.parametrize(
    ("remove", "payload"),
    [
        (compress.remove_lzo_stub, b"\x66data"),
        (compress.remove_stub, b"\x69data"),
        (compress.remove_stub_v2, b"\x50\x01data"),
    ],
)
def test_compressed_input_is_refused(remove, payload):
    with pytest.raises(PacketError) as caught:
        remove(payload)
    assert caught.value.reason is Drop.BAD_COMPRESSION


@pytest.mark.parametrize("layer", [IP, IPv6])
@pytest.mark.parametrize("options", [[("MSS", 1460)], [("NOP", None), ("MSS", 1460)]])
def test_mss_of_a_syn_is_lowered_and_its_checksum_stays_right(layer, options):
    packet = bytes(layer() / TCP(sport=1, dport=2, flags="S", options=options))
    clamped = mss.clamp(packet, 1400)
    parsed = layer(clamped)
    limit = 1400 if layer is IP else 1380
    assert dict(o for o in parsed[TCP].options if o[0] == "MSS")["MSS"] == limit
    found = parsed[TCP].chksum
    del parsed[TCP].chksum
    assert layer(bytes(parsed))[TCP].chksum == found


def test_everything_else_passes_unchanged():
    small = bytes(IP() / TCP(flags="S", options=[("MSS", 1300)]))
    plain = bytes(IP() / TCP(flags="A") / b"data")
    fragment = bytes(IP(frag=5) / TCP(flags="S", options=[("MSS", 1460)]))
    for packet in (small, plain, fragment, b"", b"\x45"):
        assert mss.clamp(packet, 1400) is packet


def test_occ_messages():
    assert occ.operation(occ.message(occ.EXIT)) == occ.EXIT
    assert occ.operation(b"\x45" + bytes(30)) is None
    assert occ.operation(PING) is None


def test_keepalive_deadlines():
    keepalive = Keepalive(10, 60, 0)
    assert not keepalive.ping_due(9)
    assert keepalive.ping_due(10)
    keepalive.sent(10)
    keepalive.received(5)
    assert keepalive.next_deadline(can_ping=True) == 20
    assert keepalive.next_deadline(can_ping=False) == 65
    assert keepalive.timed_out(65)
