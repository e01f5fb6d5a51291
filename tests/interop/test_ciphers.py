"""Every data cipher that the stock program has too, and every digest: packets, and tunnels."""

from __future__ import annotations

import os
import subprocess

import pytest

from labs.traffic import Exchanging
from tests.interop.test_framing import alone, longest_datagram, stock  # noqa: F401
from tests.sim.pair import ipv4
from vpn.crypto.cbc import CbcKey
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.mac import Mac, digest_name
from vpn.pki import static_key
from vpn.wire.static_key import parse, split

PAIRS = (("ours", "openvpn"), ("openvpn", "ours"))  # client, server
EACH = pytest.mark.parametrize("pair", PAIRS, ids="/".join)
SIZE, RATE = 1_000_000, 20_000_000
PACKETS = [
    ipv4("10.9.0.2", "10.9.0.1", bytes(n % 251 for n in range(size)))
    for size in (20, 21, 300, *range(400, 416), 1400)
]
CBCS = [name for name, cipher in DATA_CIPHERS.items() if cipher.is_cbc]
DIGESTS = (
    *("none", "MD5", "SHA1", "SHA224", "SHA256", "SHA384", "SHA512", "SHA512-256", "RIPEMD160"),
    *("SHA3-256", "SHA3-512", "BLAKE2b512", "BLAKE2s256", "SM3"),
)
OLD = ("BF", "CAST5", "RC2", "SEED")
"""Ciphers for which the stock program must load the legacy provider of OpenSSL."""
TUNNELS = (
    *("AES-192-CBC", "AES-256-CFB", "AES-128-CFB8", "AES-192-OFB", "CAMELLIA-256-CBC"),
    *("CAMELLIA-128-OFB", "SM4-CBC", "DES-EDE-CBC", "DES-EDE3-CBC", "DES-EDE3-CFB8", "none"),
)


@pytest.fixture(scope="module")
def key_file(tmp_path_factory):
    path = tmp_path_factory.mktemp("static") / "static.key"
    path.write_text(static_key.generate())
    path.chmod(0o600)
    return path


def exchange_sealed(node, key_file, cipher: str, digest: str) -> None:
    """Packets there and back; the stock program's datagrams are what we would have sent."""
    row, slot = DATA_CIPHERS[cipher], split(parse(key_file.read_bytes(), "secret"))[0]
    ivs: list[bytes] = []

    def key_at(timestamp: int) -> CbcKey:
        mac = Mac(digest_name(digest), slot.hmac)
        algorithm = row.algorithm(slot.cipher[: row.key_size])
        return CbcKey(algorithm, mac, lambda n: ivs.pop() if ivs else os.urandom(n), timestamp)

    ours = key_at(1000)
    options = ["--secret", str(key_file), "--cipher", cipher, "--auth", digest]
    if cipher.partition("-")[0] in OLD:
        options += ["--providers", "legacy", "default"]
    sealed = [ours.seal(b"", number, packet) for number, packet in enumerate(PACKETS, 1)]
    datagrams, packets = stock(node, *options, packets=PACKETS, datagrams=sealed)
    assert packets == PACKETS
    at = Mac(digest_name(digest), b"").size
    for number, (datagram, packet) in enumerate(zip(datagrams, PACKETS, strict=True), 1):
        packet_id, opened = ours.open(datagram, 0)
        assert (packet_id & 0xFFFFFFFF, opened) == (number, packet)
        ivs.append(datagram[at : at + row.block_size])
        assert key_at(packet_id >> 32).seal(b"", number, packet) == datagram


@pytest.mark.tun
@pytest.mark.openvpn
@pytest.mark.parametrize("cipher", CBCS)
def test_cbc_packets_byte_for_byte(alone, key_file, cipher):  # noqa: F811
    exchange_sealed(alone, key_file, cipher, "SHA1")


@pytest.mark.tun
@pytest.mark.openvpn
@pytest.mark.shows("auth")
@pytest.mark.parametrize("digest", DIGESTS)
def test_digests_byte_for_byte(alone, key_file, digest):  # noqa: F811
    exchange_sealed(alone, key_file, "AES-256-CBC", digest)


@pytest.mark.openvpn
def test_what_the_stock_program_has_and_we_have_not():
    shown = subprocess.run(["openvpn", "--show-ciphers"], capture_output=True, text=True).stdout
    names = {line.split()[0] for line in shown.splitlines() if " bit key" in line}
    missing = {name for name in names - set(DATA_CIPHERS) if not name.startswith("ARIA-")}
    assert all(name.endswith(("-CFB1", "-CFB8")) for name in missing)


@pytest.mark.tun
@pytest.mark.openvpn
@pytest.mark.shows("data-ciphers", "auth")
@EACH
@pytest.mark.parametrize("cipher", TUNNELS)
def test_a_tunnel_with(tunnel, pair, cipher):
    digest = "none" if cipher == "none" else "SHA256"
    lab = tunnel(*pair, f"cipher={cipher}", f"auth={digest}")
    for end in lab.ends:
        names = ("[null-cipher]", "[null-digest]") if cipher == "none" else (cipher, digest)
        end.process.wait_log("Data Channel: cipher '{}', auth '{}'".format(*names))
    inside = lab.topology.address("files")
    lab.run("client", ["ping", "-nq", "-c3", "-i0.05", "-W2", "-s1200", inside])
    with Exchanging(lab["client"], lab["files"], inside, size=SIZE, rate=RATE) as exchanging:
        assert exchanging.result().is_intact


@pytest.mark.tun
@pytest.mark.openvpn
@pytest.mark.shows("mssfix")
@EACH
@pytest.mark.parametrize("cipher", ["AES-256-CBC", "DES-EDE3-CBC", "AES-128-OFB", "none"])
def test_mssfix_follows_the_cipher(tunnel, tmp_path, pair, cipher):
    lab = tunnel(*pair, f"cipher={cipher}", "auth=SHA512", "mssfix=1000")
    inside = lab.topology.address("files")
    path = tmp_path / "capture.pcapng"
    with (
        lab.sandbox.capture(path, ["client-lan"]),
        Exchanging(lab["client"], lab["files"], inside, size=SIZE, rate=RATE) as exchanging,
    ):
        assert exchanging.result().is_intact
    block = DATA_CIPHERS[cipher].block_size
    assert 1000 - block < longest_datagram(path) <= 1000
