"""The datagrams of a capture file, in the order in which each became whole.

    for one in datagrams("talk.pcapng"):
        print(one.frame, one.from_client, one.packet.summary())

Over UDP a frame holds one. Over TCP a segment may hold several, and one may be spread over several:
segments are put in order, repeats left out, and the stream is cut at its lengths. What follows a
segment that the capture lacks is not read. Fragments of IPv4 are joined.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from scapy.error import Scapy_Exception
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.packet import NoPayload, Packet, Padding
from scapy.sessions import IPSession
from scapy.utils import PcapReader

from labs.dissect.layer import PORT, OpenVPN
from labs.errors import LabError
from vpn.errors import PacketError
from vpn.wire.opcodes import NAMES, OPCODE_SHIFT
from vpn.wire.stream import LENGTH_SIZE, StreamDecoder

SEQUENCES = 2**32
Address: TypeAlias = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Datagram:
    """What one end sent to the other."""

    data: bytes
    source: Address
    target: Address
    from_client: bool
    time: float  # of the frame that made it whole
    frame: int  # its number, as Wireshark counts: from 1

    @property
    def packet(self) -> OpenVPN:
        """Taken apart."""
        return OpenVPN(self.data)


def datagrams(
    capture: str | Path | Iterable[Packet], port: int = PORT, link: str = ""
) -> Iterator[Datagram]:
    """All to and from the server's port.

    capture: a file, or frames that Scapy has read. link: what the name of the interface begins
    with, where the same packet was captured on several.
    """
    defragmenter = IPSession()
    streams: dict[tuple[Address, Address], Stream] = {}
    frames = _frames(Path(capture)) if isinstance(capture, str | Path) else capture
    for number, frame in enumerate(frames, 1):
        if not (frame.sniffed_on or "").startswith(link):
            continue
        packet = defragmenter.process(frame)
        ends = None if packet is None else _ends(packet, port)
        if ends is None:
            continue
        if UDP in packet:
            found = [_payload(packet[UDP])]
        else:
            found = streams.setdefault(ends, Stream()).feed(packet[TCP])
        for data in filter(None, found):
            yield Datagram(data, *ends, ends[1][1] == port, float(frame.time), number)


class Stream:
    """One direction of a TCP connection."""

    def __init__(self) -> None:
        self._begin(None)

    def _begin(self, sequence: int | None) -> None:
        self._next = sequence  # the sequence number of what comes now
        self._early: dict[int, bytes] = {}  # what has come before its time
        self._decoder = StreamDecoder()

    def feed(self, segment: Packet) -> list[bytes]:
        """The datagrams that are whole with this segment."""
        sequence, data = segment.seq, _payload(segment)
        if segment.flags.S:
            self._begin((sequence + 1) % SEQUENCES)
        elif self._next is None and _begins_with_a_packet(data):
            self._begin(sequence)  # the capture is younger than the connection
        if self._next is None or not data:
            return []
        self._early[sequence] = max(data, self._early.get(sequence, b""), key=len)
        try:
            return self._decoder.feed(b"".join(self._in_order()))
        except PacketError:
            self._begin(None)  # those were no lengths
            return []

    def _in_order(self) -> Iterator[bytes]:
        """What comes now and all that follows on it, each byte once."""
        for sequence in sorted(self._early, key=self._ahead):
            ahead = self._ahead(sequence)
            if ahead > 0:
                return
            data = self._early.pop(sequence)[-ahead:]
            self._next = (sequence - ahead + len(data)) % SEQUENCES
            yield data

    def _ahead(self, sequence: int) -> int:
        """How many bytes are missing before it; below 0: how many of its own came already."""
        half = SEQUENCES // 2
        return (sequence - (self._next or 0) + half) % SEQUENCES - half


def _frames(path: Path) -> Iterator[Packet]:
    try:
        with path.open("rb") as file, PcapReader(file) as reader:
            yield from reader
    except (OSError, Scapy_Exception) as problem:
        raise LabError(f"{path} can't be read as a capture", str(problem)) from None


def _ends(packet: Packet, port: int) -> tuple[Address, Address] | None:
    """(source, target) of what goes to or from the port."""
    network = packet.getlayer(IP) or packet.getlayer(IPv6)
    transport = packet.getlayer(UDP) or packet.getlayer(TCP)
    if network is None or transport is None or port not in {transport.sport, transport.dport}:
        return None
    return (network.src, transport.sport), (network.dst, transport.dport)


def _payload(transport: Packet) -> bytes:
    """What it carries, without the padding of a short frame."""
    payload = transport.payload
    if isinstance(payload, NoPayload | Padding):
        return b""
    return payload.original or bytes(payload)  # a packet that was built here has no original


def _begins_with_a_packet(data: bytes) -> bool:
    return len(data) > LENGTH_SIZE and any(data[:LENGTH_SIZE]) and data[2] >> OPCODE_SHIFT in NAMES
