"""Super-packets: segments of one flow that enter the kernel as one packet, in one system call.

Before: tunnel/one_remote.py OneRemote.decapsulate
After: system/tun.py Tun.write_batch

The kernel's stack takes a super-packet of 64 kB for what one of its segments costs, and answers it
with one ACK. It is told how to cut it up again (struct virtio_net_hdr of <linux/virtio_net.h>) and
takes its checksum on trust, so those of the segments are checked here:

    u8 flags, u8 gso type, u16 header length, u16 segment size, u16 checksum start, u16 its offset
    ..                                                                     host byte order

Segments belong together if nothing differs but what cutting makes differ [Documentation/networking/
segmentation-offloads]: sequence number, IP id, lengths, checksums, PSH on the last. All but the
last carry as much as the first. An id counts only where a packet may be fragmented: with DF nobody
reads it [RFC 6864]. Everything else passes as it is; nothing overtakes a packet of its own flow.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import groupby
from typing import TypeAlias

from vpn.system.arrays import LAYOUTS, TCP, UDP, Arrays
from vpn.wire.ip import IP_FRAMES

VNET_HEADER = struct.Struct("=BBHHHH")
PLAIN = bytes(VNET_HEADER.size)  # the header of a packet that is what it seems
NEEDS_CSUM = 1
GSO_TCPV4, GSO_TCPV6, GSO_UDP = 1, 4, 5
LARGEST = 65_535  # bytes of an IP packet
MAX_UDP_SEGMENTS = 64  # <linux/udp.h>
MAX_TCP_SEGMENTS = 1000  # a system call takes 1,024 buffers

WORTH_AN_ARRAY = 8  # packets of one length
ACK, PSH = 0x10, 0x08
IPV4, IPV6 = 20, 40
IPV6_FIRST = frozenset(bytes((first,)) for first in range(0x60, 0x70))
DONT_FRAGMENT = 0x40
SEQUENCE_MASK = 0xFFFFFFFF
CHECKSUM_AT = {TCP: 16, UDP: 6}
# version and TOS; length; id; flags, offset, TTL, protocol; addresses and ports
V4 = struct.Struct(">2sHH4s2x12s")
# version, class and label; length; next header, hop limit; addresses and ports
V6 = struct.Struct(">4sH2s36s")
# sequence number; ACK number, data offset; flags; window; urgent pointer
TCP_REST = struct.Struct(">I5sBH2xH")
UDP_REST = struct.Struct(">HH")  # length, checksum

Key: TypeAlias = tuple[bytes | int, ...]
Segment: TypeAlias = tuple[bytes, int, Key, int, int | None, int, int, bool]
"""Flow, gso type (0: never joined), what is equal in all that are joined, sequence number, an IP id
that counts, payload in bytes, headers in bytes, does it push?"""


class Group:
    """Packets that are written together, or one that is written by itself."""

    __slots__ = (
        "checked", "header_size", "ident", "key", "kind", "packets", "pushes", "room", "sequence",
        "size", "step",
    )  # fmt: skip

    def __init__(self, packet: bytes) -> None:
        self.packets = [packet]
        self.kind = 0
        self.checked = 0  # packets whose checksums are known to be right

    def begin(self, segment: Segment) -> None:
        """The first packet may be followed by others."""
        (_, self.kind, self.key, self.sequence, self.ident, self.size, self.header_size,
         self.pushes) = segment  # fmt: skip
        self.step = 0 if self.kind == GSO_UDP else self.size
        most = MAX_UDP_SEGMENTS if self.kind == GSO_UDP else MAX_TCP_SEGMENTS
        self.room = min(LARGEST - self.header_size, most * self.size) - self.size
        self.sequence = self.sequence + self.step & SEQUENCE_MASK

    def take(self, packet: bytes, segment: Segment) -> bool:
        """Join a packet if it is the next one."""
        _, _, key, sequence, ident, size, _, _ = segment
        if sequence != self.sequence or key != self.key or not size <= self.size <= self.room:
            return False
        if ident is not None:
            assert self.ident is not None  # it is in the key whether ids count
            if ident != self.ident + 1 & 0xFFFF:
                return False
            self.ident = ident
        self.packets.append(packet)
        self.room -= size
        self.sequence = sequence + self.step & SEQUENCE_MASK
        return True

    def take_run(self, packets: list[bytes]) -> None:
        """Join packets that are known to be the next ones, and right, as the first is."""
        self.packets += packets
        self.checked = len(self.packets)
        self.room -= self.size * len(packets)
        self.sequence = self.sequence + self.step * len(packets) & SEQUENCE_MASK
        if self.ident is not None:
            self.ident = self.ident + len(packets) & 0xFFFF


class Coalescing:
    """One batch on its way to groups, in the order in which they are to be written."""

    def __init__(self, at: int, kinds: frozenset[int], arrays: Arrays) -> None:
        self.groups: list[Group] = []
        self._joining: dict[bytes, Group] = {}  # by flow
        self._at = at
        self._kinds = kinds
        self._arrays = arrays

    def add(self, packet: bytes) -> Group:
        """The next packet, by itself; the group that it is in now."""
        segment = parse(packet, self._at)
        if segment is None:
            self._joining.clear()  # it may belong to any flow
            self.groups.append(group := Group(packet))
            return group
        flow, kind, size, pushes = segment[0], segment[1], segment[5], segment[7]
        found = self._joining.get(flow)
        if found is None or not found.take(packet, segment):
            self.groups.append(found := Group(packet))
            if kind in self._kinds:
                found.begin(segment)
                self._joining[flow] = found
        if pushes or kind not in self._kinds or size < found.size:
            self._joining.pop(flow, None)
        return found

    def add_run(self, packets: list[bytes]) -> None:
        """Packets of one length, of which many may be of one flow."""
        begin = 0
        while len(packets) - begin >= WORTH_AN_ARRAY:
            count = self._add_leading(packets[begin:])
            begin += count
            if count < WORTH_AN_ARRAY:
                break  # flows take turns
        for packet in packets[begin:]:
            self.add(packet)

    def _add_leading(self, packets: list[bytes]) -> int:
        """The first one, and those of its flow that follow it; how many."""
        group = self.add(packets[0])
        if len(group.packets) > 1 or group.kind not in self._kinds or group.pushes:
            return 1  # the next one of others, or by itself
        layout = LAYOUTS[packets[0][self._at] >> 4, UDP if group.kind == GSO_UDP else TCP]
        pseudo = pseudo_sum(packets[0], self._at, len(packets[0]) - self._at - layout.ip_size)
        count = self._arrays.leading(packets, self._at, layout, group.header_size, pseudo)
        taken = 1
        while taken < count:
            if more := min(count - taken, group.room // group.size):
                group.take_run(packets[taken : taken + more])
                taken += more
            else:  # it is full
                group = self.add(packets[taken])
                taken += 1
        return taken


def coalesce(packets: list[bytes], at: int, kinds: frozenset[int], arrays: Arrays) -> list[Group]:
    """Packets -> groups in the order in which they are to be written.

    at: where the IP header starts (14 in an Ethernet frame). kinds: the gso types that the kernel
    knows. Whoever has a wrong checksum is in a group of its own: the kernel may drop it.
    """
    batch = Coalescing(at, kinds, arrays)
    for _, run in groupby(packets, len):
        same = list(run)
        if len(same) >= WORTH_AN_ARRAY:
            batch.add_run(same)
        else:
            for packet in same:
                batch.add(packet)
    return _verified(batch.groups, at, arrays)


# -- one packet --------------------------------------------------------------------------------


def parse(packet: bytes, at: int) -> Segment | None:
    """A whole TCP or UDP packet; None for everything else."""
    first, frame = packet[at : at + 1], packet[:at]
    if at and frame[-2:] not in IP_FRAMES:
        return None
    if first == b"\x45" and len(packet) >= at + IPV4 + 8:
        front, length, ident, rest, flow = V4.unpack_from(packet, at)
        if rest[0] & 0x3F or rest[1] or len(packet) != at + length:  # a fragment, or padded
            return None
        counts = None if rest[0] & DONT_FRAGMENT else ident
        if rest[3] == TCP:
            return _tcp(packet, at, IPV4, flow, (frame, front, rest), counts)
        return (
            _udp(packet, at, IPV4, flow, (frame, front, rest), counts) if rest[3] == UDP else None
        )
    if first in IPV6_FIRST and len(packet) >= at + IPV6 + 8:
        front, length, rest, flow = V6.unpack_from(packet, at)
        if len(packet) != at + IPV6 + length:
            return None
        if rest[0] == TCP:
            return _tcp(packet, at, IPV6, flow, (frame, front, rest), None)
        return _udp(packet, at, IPV6, flow, (frame, front, rest), None) if rest[0] == UDP else None
    return None


def _tcp(
    packet: bytes, at: int, ip_size: int, flow: bytes, ip_key: Key, ident: int | None
) -> Segment | None:
    start = at + ip_size
    if len(packet) < start + 20:
        return None
    sequence, acks, flags, window, urgent = TCP_REST.unpack_from(packet, start + 4)
    end = start + (acks[4] >> 4) * 4
    size = len(packet) - end
    pushes = bool(flags & PSH)
    kind = GSO_TCPV4 if ip_size == IPV4 else GSO_TCPV6
    if flags & ~PSH != ACK or size <= 0 or end < start + 20:
        return (flow, 0, (), 0, None, 0, 0, pushes)
    key = (*ip_key, acks, window, urgent, packet[start + 20 : end])
    return (flow, kind, key, sequence, ident, size, end - at, pushes)


def _udp(
    packet: bytes, at: int, ip_size: int, flow: bytes, ip_key: Key, ident: int | None
) -> Segment:
    start = at + ip_size
    length, checksum = UDP_REST.unpack_from(packet, start + 4)
    size = len(packet) - start - 8
    flow += b"u"
    if length != size + 8 or not checksum or not size:
        return (flow, 0, (), 0, None, 0, 0, False)
    return (flow, GSO_UDP, ip_key, 0, ident, size, ip_size + 8, False)


# -- checksums ---------------------------------------------------------------------------------


def _verified(groups: list[Group], at: int, arrays: Arrays) -> list[Group]:
    """Split up the groups in which a checksum is wrong."""
    unsure = [group for group in groups if len(group.packets) > max(group.checked, 1)]
    if not unsure:
        return groups
    parts: list[bytes] = []
    starts: list[int] = []
    position = 0
    for group in unsure:
        ip_words = ip_size(group.packets[0], at) // 4
        for packet in group.packets[group.checked :]:
            body = packet[at:] if at else packet
            parts += (body, bytes(-len(body) & 3))
            starts += (position, position + ip_words)
            position += len(body) + 3 >> 2
    totals = arrays.sums(b"".join(parts), starts)
    wrong, number = set(), 0
    for group in unsure:
        packets = group.packets[group.checked :]
        end = number + 2 * len(packets)
        if not _are_right(packets, at, totals[number:end:2], totals[number + 1 : end : 2]):
            wrong.add(group)
        number = end
    return [
        each
        for group in groups
        for each in (map(Group, group.packets) if group in wrong else (group,))
    ]


def _are_right(packets: list[bytes], at: int, ip_sums: list[int], sums: list[int]) -> bool:
    """Are the checksums of these packets right, of which only the last may be shorter?

    ip_sums, sums: of the words of their IP headers, and of what is behind. Modulo 65,535 a sum of
    32-bit words is that of their halves, and another byte order is a factor of 256 [RFC 1071].
    """
    first, last = packets[0], packets[-1]
    size = ip_size(first, at)
    if size == IPV4 and any(total % 65_535 for total in ip_sums):
        return False
    pseudo = pseudo_sum(first, at, len(first) - at - size)
    if any((total + pseudo) % 65_535 for total in sums[:-1]):
        return False
    return not (sums[-1] + pseudo_sum(last, at, len(last) - at - size)) % 65_535


def ip_size(packet: bytes, at: int) -> int:
    """Of the IP header: these have the shortest."""
    return IPV4 if packet[at] >> 4 == 4 else IPV6


def pseudo_sum(packet: bytes, at: int, length: int) -> int:
    """The pseudo header of TCP or UDP, `length` bytes, as a sum of words in host byte order."""
    if packet[at] >> 4 == 4:
        addresses, protocol = packet[at + 12 : at + 20], packet[at + 9]
    else:
        addresses, protocol = packet[at + 8 : at + 40], packet[at + 6]
    return int.from_bytes(addresses, "little") % 65_535 + (protocol + length) * 256


# -- what is written ---------------------------------------------------------------------------


def buffers(group: Group, at: int) -> Sequence[bytes]:
    """A group as the kernel wants it: a header that says how to cut it, then one packet."""
    packets = group.packets
    if len(packets) == 1:
        return (PLAIN, packets[0])
    end = at + group.header_size
    payloads = [packet[end:] for packet in packets]
    total = group.header_size + group.size * (len(packets) - 1) + len(payloads[-1])
    head = bytearray(packets[0][:end])
    size = ip_size(packets[0], at)
    start, protocol = at + size, head[at + (9 if size == IPV4 else 6)]
    if size == IPV4:
        head[at + 2 : at + 4] = total.to_bytes(2, "big")
        head[at + 10 : at + 12] = bytes(2)
        head[at + 10 : at + 12] = (65_535 - _folded(head[at:start])).to_bytes(2, "big")
    else:
        head[at + 4 : at + 6] = (total - IPV6).to_bytes(2, "big")
    if protocol == TCP:
        head[start + 13] = packets[-1][start + 13]
    else:
        head[start + 4 : start + 6] = (total - size).to_bytes(2, "big")
    checksum = start + CHECKSUM_AT[protocol]
    # What the kernel goes on from: the sum of the pseudo header, not complemented; 0 would say
    # that a UDP packet has none.
    pseudo = pseudo_sum(bytes(head), at, total - size) % 65_535 or 65_535
    head[checksum : checksum + 2] = pseudo.to_bytes(2, "little")
    offload = VNET_HEADER.pack(
        NEEDS_CSUM, group.kind, end, group.size, start, CHECKSUM_AT[protocol]
    )
    return (offload, bytes(head), *payloads)


def _folded(data: bytearray) -> int:
    """The sum of 16-bit words, big-endian, folded."""
    return int.from_bytes(data, "big") % 65_535
