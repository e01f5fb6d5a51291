"""What stands around a packet before it is sealed, with the stock program at the other end.

The exact bytes are compared where nothing is sealed (`cipher none`, `auth none`, no keys).
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from scapy.layers.inet import UDP
from scapy.layers.l2 import Ether
from scapy.utils import RawPcapNgReader

from labs.traffic import Exchanging
from netns import Sandbox
from tests.interop import stock_end
from tests.sim.pair import ipv4
from vpn.config.options import Compression
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.key_material import static_keys
from vpn.crypto.mac import digest_name
from vpn.data.fragment import Fragments
from vpn.data.static_channel import StaticChannel
from vpn.tunnel.shape import framing
from vpn.wire import static_key

PAIRS = (("ours", "openvpn"), ("openvpn", "ours"))  # client, server
EACH = pytest.mark.parametrize("pair", PAIRS, ids="/".join)
SECONDS = 10
UDP_HEADER = 8
SIZE, RATE = 1_000_000, 20_000_000
PACKETS = [
    ipv4("10.9.0.2", "10.9.0.1", bytes(n % 251 for n in range(size))) for size in (20, 300, 1400)
]
TEXTS = [
    ipv4("10.9.0.2", "10.9.0.1", text)
    for size in (100, 700, 1400)
    for text in (
        (b"the quick brown fox " * 70)[:size],
        bytes(size),
        bytes(n * n // 7 % 251 for n in range(size)),
        "".join(f"{n}, {n * n}; " for n in range(300)).encode()[:size],
    )
]
MATERIAL = bytes(range(256))
CLEAR = ("--cipher", "none", "--auth", "none")


@pytest.fixture(scope="module")
def alone():
    """A host without neighbours, for the stock program and a socket of ours."""
    with Sandbox.create(f"alone-{os.getpid()}") as sandbox:
        node = sandbox.add_node("host")
        for name in ("default", "all"):
            node.set_sysctl(f"net.ipv6.conf.{name}.disable_ipv6", 1)
        yield node


def stock(node, *options, packets=(), datagrams=(), crypto=CLEAR):
    """What the stock program makes of packets and datagrams: (datagrams, packets)."""
    given = {
        "packets": [one.hex() for one in packets],
        "datagrams": [one.hex() for one in datagrams],
    }
    argv = [sys.executable, str(Path(stock_end.__file__)), "tun9", str(SECONDS)]
    done = node.run([*argv, *crypto, *options], stdin=json.dumps(given), timeout=3 * SECONDS)
    heard = json.loads(done.stdout)
    return tuple([bytes.fromhex(one) for one in heard[name]] for name in ("datagrams", "packets"))


@pytest.mark.shows("fragment")
def test_fragments_byte_for_byte(alone):
    ours = Fragments(104, 1600, Counter())
    cut = [piece for packet in PACKETS for piece in ours.split(packet)]
    datagrams, packets = stock(alone, "--fragment", "108", packets=PACKETS, datagrams=cut)
    assert packets == PACKETS
    assert [joined for piece in datagrams if (joined := ours.join(piece, 0))] == PACKETS


@pytest.mark.parametrize(
    ("cipher", "auth", "direction"),
    [("AES-256-CBC", "SHA256", 0), ("AES-128-CBC", "SHA1", None), ("AES-192-CBC", "none", 1)],
)
def test_packets_of_a_static_key_byte_for_byte(alone, tmp_path, cipher, auth, direction):
    path = tmp_path / "static.key"
    path.write_text(static_key.serialize(MATERIAL))
    theirs = [] if direction is None else [str(1 - direction)]
    slots = static_key.by_direction(MATERIAL, direction)
    keys = static_keys(slots, DATA_CIPHERS[cipher], digest_name(auth), os.urandom, int(time.time()))
    ours = StaticChannel(keys, (64, 15))
    datagrams, packets = stock(
        alone,
        *("--secret", str(path), *theirs),
        packets=PACKETS,
        datagrams=[ours.seal(packet) for packet in PACKETS],
        crypto=("--cipher", cipher, "--auth", auth),
    )
    assert packets == PACKETS
    assert [ours.open(datagram) for datagram in datagrams] == PACKETS


FRAMINGS = {
    "--compress stub": Compression.STUB,
    "--compress stub-v2": Compression.STUB_V2,
    "--comp-lzo no": Compression.LZO_STUB,
    "--compress lz4": Compression.LZ4,
    "--compress lz4-v2": Compression.LZ4_V2,
    "--compress lzo": Compression.LZO,
    "--comp-lzo yes": Compression.LZO,
}


@pytest.mark.shows("comp-lzo", "compress", "allow-compression")
@pytest.mark.parametrize("said", FRAMINGS)
def test_framings_byte_for_byte(alone, said):
    add, remove = framing(FRAMINGS[said], 1600)
    options = [*said.split(), "--allow-compression", "yes"]
    datagrams, packets = stock(
        alone, *options, packets=TEXTS, datagrams=[add(packet) for packet in TEXTS]
    )
    assert packets == TEXTS
    assert [remove(datagram) for datagram in datagrams] == TEXTS
    is_smaller = sum(map(len, datagrams)) < sum(map(len, TEXTS))
    assert is_smaller is FRAMINGS[said].is_real


@pytest.mark.shows("comp-lzo", "compress", "allow-compression")
@EACH
@pytest.mark.parametrize("kind", ["compress=lz4", "compress=lz4-v2", "comp-lzo=yes"])
def test_a_tunnel_with_an_end_that_compresses(tunnel, pair, kind):
    compressing = "server" if pair[1] == "openvpn" else "client"
    lab = tunnel(*pair, kind, f"{compressing}:allow-compression=yes")
    inside = lab.topology.address("files")
    lab.run("client", ["ping", "-nq", "-c3", "-i0.05", "-W2", "-s1200", "-p", "61", inside])
    with Exchanging(lab["client"], lab["files"], inside, size=SIZE, rate=RATE) as exchanging:
        assert exchanging.result().is_intact


@pytest.mark.shows("allow-compression")
def test_a_server_switches_compression_on_for_a_client_that_lets_it(tunnel):
    lab = tunnel(
        *("ours", "openvpn", "client:allow-compression=asym"),
        *("server:compress=lz4", "server:allow-compression=yes", "server:push=compress lz4"),
    )
    lab.run("client", ["ping", "-nq", "-c3", "-s1200", "-p", "61", lab.topology.address("files")])
    lab.client.process.wait_log("compression: 'lz4'")


@pytest.mark.shows("compress")
@pytest.mark.parametrize("client", ["comp-lzo=no", "compress=stub", "comp-lzo=yes"])
def test_migrate_frees_a_stock_client_of_its_compression(tunnel, client):
    lab = tunnel("openvpn", "ours", "server:compress=migrate", f"client:{client}")
    lab.run("client", ["ping", "-nq", "-c3", "-i0.05", "-W2", lab.topology.address("files")])
    lab.client.process.wait_log("compression: 'stubv2'")


@pytest.mark.shows("fragment")
@EACH
@pytest.mark.parametrize("device", ["tun", "tap"])
@pytest.mark.parametrize("cut", ["fragment=500", "fragment=528 mtu"])
def test_a_tunnel_with_fragments(tunnel, tmp_path, pair, device, cut):
    lab = tunnel(*pair, f"dev={device}", cut, "mssfix=0")
    inside = lab.topology.address("files")
    path = tmp_path / "capture.pcapng"
    with lab.sandbox.capture(path, ["client-lan"]):
        lab.run("client", ["ping", "-nq", "-c3", "-i0.05", "-W2", "-s1400", inside])
        with Exchanging(lab["client"], lab["files"], inside, size=SIZE, rate=RATE) as exchanging:
            assert exchanging.result().is_intact
    assert 400 < longest_datagram(path) <= 500


@EACH
def test_mssfix_keeps_fragments_whole(tunnel, tmp_path, pair):
    lab = tunnel(*pair, "fragment=700")
    inside = lab.topology.address("files")
    path = tmp_path / "capture.pcapng"
    with (
        lab.sandbox.capture(path, ["client-lan"]),
        Exchanging(lab["client"], lab["files"], inside, size=SIZE, rate=RATE) as exchanging,
    ):
        result = exchanging.result()
    assert result.is_intact
    assert 600 < longest_datagram(path) <= 700


def longest_datagram(path) -> int:
    """The longest UDP payload in a capture, bytes."""
    with RawPcapNgReader(str(path)) as reader:
        datagrams = [packet[UDP] for raw, _ in reader if UDP in (packet := Ether(raw))]
    return max(datagram.len - UDP_HEADER for datagram in datagrams)
