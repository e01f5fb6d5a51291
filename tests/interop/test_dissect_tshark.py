"""labs.dissect and tshark's dissector of OpenVPN read the same packets, field by field.

What tshark can't do here, and what is compared then:

- No bit on the wire tells a wrapper. tshark is told which it is (labs.dissect finds out), and reads
  a capture once more where both occur: the two ends put renegotiations under tls-crypt with a key
  of their own, whatever they began with.
- What tls-crypt has sealed it can't open: head, packet id, time, tag and wrapped client key are
  compared, and the sealed bytes but those of a P_CONTROL_V1, which it takes for a TLS record.
- The TLS in a control packet is another dissector's and no field of OpenVPN.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.packet import Raw
from scapy.utils import rdpcap, wrpcap

from labs.dissect import (
    OpenVPN,
    OpenVPNAuth,
    OpenVPNControl,
    OpenVPNCrypt,
    OpenVPNDataV1,
    OpenVPNDataV2,
    datagrams,
    under_tls_auth,
    under_tls_crypt,
)
from labs.lab import Lab
from labs.settings import Settings
from labs.topologies import find
from labs.traffic import Exchanging
from netns import wait_for
from tests.interop import tshark
from tests.interop.conftest import TUNNEL_SECONDS
from tests.interop.exercise import NEGOTIATED
from vpn.control.tls_crypt_v2 import SHORT_FORM
from vpn.crypto.client_key import ServerKey
from vpn.wire.opcodes import Opcode
from vpn.wire.stream import LENGTH_SIZE

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.program("tshark")

LEAST = 500  # packets in all
EACH = 60  # and in each conversation
PINGS = 25
BIG = 1472  # bytes in a ping that fills the tunnel's MTU: no segment holds it
RENEGOTIATING = ("client:reneg-pkts=30", "server:reneg-sec=0")
RENEGOTIATED_SECONDS = 10.0


@dataclass(frozen=True)
class Case:
    """Two programs, client first, how they talk, and what their control packets are then."""

    pair: tuple[str, str]
    sets: tuple[str, ...]
    kind: type[OpenVPN]
    preferences: tuple[str, ...]

    @property
    def is_tcp(self) -> bool:
        return "proto=tcp" in self.sets

    def preferences_for(self, packet: OpenVPN) -> tuple[str, ...]:
        return tshark.TLS_CRYPT if isinstance(packet, OpenVPNCrypt) else self.preferences


@dataclass
class Tally:
    """How many packets had a field on which both readers agree, and where they do not."""

    fields: Counter[str] = field(default_factory=Counter)
    kinds: dict[int, set[type[OpenVPN]]] = field(default_factory=dict)  # by key id
    packets: int = 0
    in_one_segment: int = 0  # TCP segments with several packets
    over_segments: int = 0  # and those in which a packet is not whole
    differences: list[str] = field(default_factory=list)


OURS_STOCK, STOCK_OURS = ("ours", "openvpn"), ("openvpn", "ours")
V2 = ("client:tls-crypt-v2", "server:tls-crypt-v2=tls-crypt-v2.key force-cookie")
CASES = {
    "udp": Case(OURS_STOCK, (), OpenVPNControl, tshark.PLAIN),
    "udp, tls-auth": Case(STOCK_OURS, ("tls-auth",), OpenVPNAuth, tshark.tls_auth(20)),
    "udp, tls-crypt": Case(OURS_STOCK, ("tls-crypt",), OpenVPNCrypt, tshark.TLS_CRYPT),
    "udp, tls-crypt-v2": Case(STOCK_OURS, V2, OpenVPNCrypt, tshark.TLS_CRYPT),
    "tcp": Case(STOCK_OURS, ("proto=tcp",), OpenVPNControl, tshark.PLAIN),
    "tcp, tls-crypt": Case(OURS_STOCK, ("proto=tcp", "tls-crypt"), OpenVPNCrypt, tshark.TLS_CRYPT),
}


@pytest.fixture(scope="module")
def tallies(networks, tmp_path_factory):
    """Every conversation, captured in the middle and read by both."""
    directory = tmp_path_factory.mktemp("captures")
    found = {}
    for number, (name, case) in enumerate(CASES.items()):
        path = directory / f"{number}.pcapng"
        lab = Lab(
            networks, find("three-lans"), Settings.of(*case.pair, (*RENEGOTIATING, *case.sets))
        )
        lab.write_configs()
        try:
            with networks.capture(path, ["provider-c"]):
                converse(lab)
        finally:
            for end in (one for one in lab.ends if one.is_alive):
                end.process.kill()
        found[name] = compared(path, case)
    return found


def converse(lab: Lab) -> None:
    """A tunnel comes up, carries pings, a renegotiation, and bytes enough to fill segments."""
    client, inside = lab["client"], lab.topology.address("files")
    lab.start_tunnel(TUNNEL_SECONDS)
    client.run(["ping", "-q", "-c", str(PINGS), "-i", "0.005", inside])
    client.run(["ping", "-q", "-c", "3", "-i", "0.005", "-s", str(BIG), inside])
    wait_for(
        lambda: min(end.log_text().count(NEGOTIATED) for end in lab.ends) > 1,
        RENEGOTIATED_SECONDS,
        "the keys to be negotiated again",
    )
    with Exchanging(client, lab["files"], inside, size=30_000, rate=10**7) as exchanging:
        assert exchanging.result().is_intact


def compared(path: Path, case: Case) -> Tally:
    """Read a capture with both."""
    tally, place, size = Tally(), Counter(), Counter()
    wanted = {case.preferences, tshark.TLS_CRYPT}
    readings = {preferences: tshark.read(path, preferences) for preferences in wanted}
    for one in datagrams(path):
        packet = one.packet
        theirs = readings[case.preferences_for(packet)][one.frame]
        nth, place[one.frame] = place[one.frame], place[one.frame] + 1
        size[one.frame] += len(one.data) + LENGTH_SIZE
        said = theirs[nth] if nth < len(theirs) else {}
        note(tally, packet, said, f"frame {one.frame}.{nth}", is_tcp=case.is_tcp)
    seen_there = sum(map(len, readings[case.preferences].values()))
    if seen_there != tally.packets:
        tally.differences.append(f"tshark sees {seen_there} packets, we see {tally.packets}")
    tally.in_one_segment = sum(count > 1 for count in place.values())
    tally.over_segments = sum(
        len(frame[TCP].payload) != size[number]
        for number, frame in enumerate(rdpcap(str(path)), 1)
        if TCP in frame
    )
    return tally


def note(tally: Tally, packet: OpenVPN, theirs: tshark.Fields, where: str, *, is_tcp: bool) -> None:
    """Compare one packet with what tshark says of it."""
    tally.packets += 1
    tally.kinds.setdefault(packet.key_id, set()).add(type(packet))
    expected = tshark.ours(packet, is_tcp=is_tcp)
    for name in expected.keys() | theirs.keys():
        if theirs.get(name) == expected.get(name):
            tally.fields[name] += 1
        else:
            what = f"{where}, {packet.summary()}: {name}"
            tally.differences.append(f"{what}: tshark {theirs.get(name)}, we {expected.get(name)}")


@pytest.mark.parametrize("name", CASES)
def test_both_read_every_packet_of_a_conversation_alike(tallies, name):
    tally, case = tallies[name], CASES[name]
    assert tally.differences == []
    assert tally.packets >= EACH
    assert len(tally.kinds) > 1  # it was negotiated again
    assert tally.kinds[0] == {case.kind, OpenVPNDataV2}
    assert all(OpenVPNCrypt in kinds for key_id, kinds in tally.kinds.items() if key_id)
    assert not case.is_tcp or (tally.in_one_segment and tally.over_segments)


def test_they_agree_on_every_field_of_at_least_500_packets(tallies):
    fields = sum((tally.fields for tally in tallies.values()), Counter())
    packets = sum(tally.packets for tally in tallies.values())
    print(f"\n{packets} packets of {len(tallies)} conversations; in how many a field agrees:")
    for name in tshark.NAMES:
        print(f"  {name:18}{fields[name]:6}")
    assert packets >= LEAST
    assert all(fields[name] > 0 for name in tshark.NAMES)
    assert fields["opcode"] == fields["keyid"] == packets


KEY = bytes(range(256))
MESSAGES = (
    Opcode.P_CONTROL_V1,
    Opcode.P_CONTROL_SOFT_RESET_V1,
    Opcode.P_CONTROL_HARD_RESET_SERVER_V2,
    Opcode.P_CONTROL_HARD_RESET_CLIENT_V2,
    Opcode.P_ACK_V1,
)


def built() -> Iterator[OpenVPNControl]:
    """Control packets with any number of acks, and ids from the smallest to the largest."""
    chance = random.Random(4)
    for opcode, key_id, count in product(MESSAGES, (0, 1, 7), range(9)):
        fields = {"session_id": chance.randbytes(8), "acks": [chance.getrandbits(32)] * count}
        if count:
            fields["remote_session_id"] = chance.randbytes(8)
        if opcode != Opcode.P_ACK_V1:
            fields["packet_id"] = chance.choice((0, 1, 2**16, 2**32 - 1))
        packet = OpenVPNControl(opcode=opcode, key_id=key_id, **fields)
        is_tls = opcode == Opcode.P_CONTROL_V1
        yield packet / Raw(chance.randbytes(20)) if is_tls else packet


def assert_read_alike(path: Path, packets: list[OpenVPN], preferences: tuple[str, ...]) -> None:
    """Put packets into a capture, and see that tshark reads what was built."""
    front = IP(src="192.0.2.1", dst="192.0.2.2") / UDP(sport=40000, dport=1194)
    wrpcap(str(path), [front / packet for packet in packets])
    theirs, tally = tshark.read(path, preferences), Tally()
    for number, packet in enumerate(packets, 1):
        (said,) = theirs[number]
        note(tally, packet, said, f"frame {number}", is_tcp=False)
    assert tally.differences == []
    assert tally.fields["opcode"] == len(packets)


def test_plain_packets_that_were_built_here(tmp_path):
    assert_read_alike(tmp_path / "plain.pcap", list(built()), tshark.PLAIN)


@pytest.mark.parametrize(("digest", "size"), [("SHA1", 20), ("SHA256", 32), ("SHA512", 64)])
def test_packets_that_were_put_under_tls_auth_here(digest, size, tmp_path):
    packets = [under_tls_auth(packet, KEY, digest=digest, replay_id=7) for packet in built()]
    assert_read_alike(tmp_path / "auth.pcap", packets, tshark.tls_auth(size))


def test_packets_that_were_put_under_tls_crypt_here(tmp_path):
    packets = [
        under_tls_crypt(packet, KEY, from_client=packet.key_id % 2 == 0, replay_id=2**32 - 1)
        for packet in built()
    ]
    wrapped_key = ServerKey.of(bytes(128)).wrap(KEY, b"\0metadata")
    for opcode in SHORT_FORM:
        plain = OpenVPNControl(opcode=opcode, packet_id=1)
        packets.append(
            under_tls_crypt(plain, KEY, from_client=True, wrapped_client_key=wrapped_key)
        )
    assert_read_alike(tmp_path / "crypt.pcap", packets, tshark.TLS_CRYPT)


def test_data_packets_that_were_built_here(tmp_path):
    packets = [OpenVPNDataV1(key_id=key_id) / Raw(b"sealed") for key_id in range(8)]
    packets += [
        OpenVPNDataV2(key_id=7, peer_id=peer_id) / Raw(b"sealed")
        for peer_id in (0, 1, 2**16, 2**24 - 1)
    ]
    assert_read_alike(tmp_path / "data.pcap", packets, tshark.PLAIN)
