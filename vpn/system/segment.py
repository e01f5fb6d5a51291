"""Segmentation: super-packets of the kernel's are cut into packets as they are on a wire.

Before: the kernel's routing
After: tunnel/one_remote.py OneRemote.encapsulate

TCP in the kernel makes packets of up to 64 kB, which a network card would cut up. We are its card:
that saves the kernel as many ways through itself, and us as many reads. What is read begins with
the struct virtio_net_hdr that offload.py describes, and misses what the card would do: lengths,
sequence numbers and IP ids of the segments, FIN and PSH on the last one only, CWR on the first
[Documentation/networking/segmentation-offloads], and checksums, of which there is only the pseudo
header's sum.
"""

from __future__ import annotations

from vpn.system.arrays import Arrays, Cut
from vpn.system.offload import (
    GSO_TCPV4,
    GSO_TCPV6,
    GSO_UDP,
    IPV6,
    NEEDS_CSUM,
    PLAIN,
    VNET_HEADER,
    pseudo_sum,
)
from vpn.wire.ip import IP_FRAMES

HEADER = len(PLAIN)  # what stands in front of each packet
TCP_KINDS = frozenset((GSO_TCPV4, GSO_TCPV6))
ECN = 0x80  # besides the kind: there is a CWR
VLAN_SIZE, TCP_SIZE, UDP_SIZE = 4, 20, 8


def packets_of(read: memoryview, at: int, arrays: Arrays) -> list[bytes]:
    """What one read has brought -> packets as they are on a wire.

    at: where the IP header starts behind the virtio header (14 in an Ethernet frame).
    """
    flags, kind, _, size, start, offset = VNET_HEADER.unpack_from(read)
    frame = read[HEADER:]
    if kind:
        return segment(frame, kind & ~ECN, size, start, at, arrays)
    if flags & NEEDS_CSUM:
        return [completed(frame, start, offset)]
    return [bytes(frame)]


def completed(frame: memoryview, start: int, offset: int) -> bytes:
    """A packet with its checksum: that of all from `start` on, to be put `offset` behind it.

    In its place is the sum of the pseudo header. 0xFFFF stands for 0, which would mean none.
    """
    field = start + offset
    if field + 2 > len(frame):
        return bytes(frame)  # nonsense, and for the other end to refuse
    total = int.from_bytes(frame[start:], "big") << 8 * (len(frame) - start & 1)
    checksum = 65_535 - total % 65_535
    return b"".join((frame[:field], checksum.to_bytes(2, "big"), frame[field + 2 :]))


def segment(
    frame: memoryview, kind: int, size: int, start: int, at: int, arrays: Arrays
) -> list[bytes]:
    """A super-packet -> its segments, `size` bytes of payload each; the last may be shorter.

    start: where TCP or UDP begins.
    """
    while at + VLAN_SIZE <= start and at and frame[at - 2 : at] not in IP_FRAMES:
        at += VLAN_SIZE
    is_tcp = kind in TCP_KINDS
    least = TCP_SIZE if is_tcp else UDP_SIZE
    if not (is_tcp or kind == GSO_UDP) or not at < start < len(frame) - least or not size:
        return [bytes(frame)]  # nothing that a kernel makes
    header_size = start + ((frame[start + 12] >> 4) * 4 if is_tcp else UDP_SIZE)
    if not start + least <= header_size < len(frame):
        return [bytes(frame)]
    pseudo = pseudo_sum(bytes(frame[: at + IPV6]), at, header_size + size - start)
    return arrays.cut(frame, Cut(at, start, header_size, size, is_tcp), pseudo)
