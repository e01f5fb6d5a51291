"""Capture files, read back by another implementation of the format."""

from __future__ import annotations

import io
import struct

import pytest
from scapy.utils import RawPcapNgReader

from netns import pcapng
from netns.pcapng import PcapngWriter


def blocks(data: bytes) -> list[tuple[int, bytes]]:
    found = []
    while data:
        kind, length = struct.unpack_from("<II", data)
        assert length % 4 == 0
        assert struct.unpack_from("<I", data, length - 4) == (length,)
        found.append((kind, data[8 : length - 4]))
        data = data[length:]
    return found


@pytest.fixture
def file() -> io.BytesIO:
    return io.BytesIO()


def test_packets_are_read_back_with_interface_and_time(file):
    writer = PcapngWriter(file)
    lan = writer.add_interface("lan: client eth0")
    tun = writer.add_interface("tun0", "decrypted", pcapng.LINKTYPE_RAW)
    writer.write(lan, 1_700_000_000_123_456_789, b"\x01" * 61, direction=pcapng.INBOUND)
    writer.write(tun, 1_700_000_001_000_000_000, b"\x02" * 20, comment="a ping")
    writer.flush()
    file.seek(0)
    found = list(RawPcapNgReader(file))
    assert [data for data, _ in found] == [b"\x01" * 61, b"\x02" * 20]
    assert [about.ifname for _, about in found] == [b"lan: client eth0", b"tun0"]
    first = found[0][1]
    ticks = (first.tshigh << 32) | first.tslow
    assert (ticks, first.tsresol) == (1_700_000_000_123_456_789, 1_000_000_000)
    assert found[1][1].linktype == pcapng.LINKTYPE_RAW
    about = found[1][1]._asdict()  # scapy 2.7 renamed the field
    assert about.get("comments", about.get("comment")) in (b"a ping", [b"a ping"])


@pytest.mark.parametrize("size", [0, 1, 2, 3, 4, 1514])
def test_every_block_is_padded_and_says_its_length_twice(file, size):
    writer = PcapngWriter(file)
    writer.write(writer.add_interface("x"), 1, b"z" * size, comment="c" * size)
    kinds = [kind for kind, _ in blocks(file.getvalue())]
    assert kinds == [
        pcapng.SECTION_HEADER,
        pcapng.INTERFACE_DESCRIPTION,
        pcapng.ENHANCED_PACKET,
    ]


def test_secrets_and_statistics_are_blocks_of_their_own(file):
    writer = PcapngWriter(file)
    number = writer.add_interface("x")
    writer.add_secrets(b"CLIENT_RANDOM 00 11\n")
    writer.write_statistics(number, 1, received=7, dropped=2)
    secrets, statistics = blocks(file.getvalue())[2:]
    assert secrets[0] == pcapng.DECRYPTION_SECRETS
    assert secrets[1].startswith(b"KSLT" + struct.pack("<I", 20) + b"CLIENT_RANDOM")
    assert statistics[0] == pcapng.INTERFACE_STATISTICS
    assert struct.pack("<HHQHHQ", 4, 8, 7, 5, 8, 2) in statistics[1]
