"""Trains: datagrams of one size that cross the border to the kernel in one system call.

Before: tunnel/carrier.py Carrier.encapsulate
After: system/udp.py UdpLink.send_batch

On the wire they are ordinary datagrams; the kernel, or the network card, cuts a train into them
(UDP_SEGMENT) and joins what came into one (UDP_GRO): <linux/udp.h>, Documentation/networking.
"""

from __future__ import annotations

import logging
import socket
import struct
from collections.abc import Iterator
from itertools import groupby

log = logging.getLogger("vpn.link")

SOL_UDP, UDP_SEGMENT, UDP_GRO = 17, 103, 104
MAX_SEGMENTS = 64  # what the oldest kernels that know UDP_SEGMENT take
# More would be received in pieces: a device's 65,536 bytes are with headers. [measured]
MAX_BYTES = 65_000
SEALING = 24  # bytes of header, packet id and tag: what a packet grows by
SEGMENT_SIZE, RECEIVED_SIZE = struct.Struct("=H"), struct.Struct("=i")  # as the kernel has it
CONTROL_SPACE = socket.CMSG_SPACE(4)


def segments(mtu: int) -> int:
    """How many packets of this size fit into a train when they are sealed."""
    return max(1, min(MAX_SEGMENTS, MAX_BYTES // (mtu + SEALING)))


def enable_receiving(sock: socket.socket) -> bool:
    """Let the kernel hand over trains; False if it can't."""
    try:
        sock.setsockopt(SOL_UDP, UDP_GRO, 1)
    except OSError:
        return False
    return True


def can_send(sock: socket.socket) -> bool:
    """Does this kernel cut trains?"""
    try:
        sock.getsockopt(SOL_UDP, UDP_SEGMENT)
    except OSError:
        return False
    return True


def trains(datagrams: list[bytes]) -> Iterator[list[bytes]]:
    """Datagrams in their order, cut where the size changes; a last shorter one may ride along.

    Trains of one size are about as long as each other: several super-packets of the tun's, taken
    together, are cut where they were joined.
    """
    runs = [(size, len(list(same))) for size, same in groupby(map(len, datagrams))]
    at = riding = 0
    for number, (size, same) in enumerate(runs, 1):
        waiting, riding = same - riding, 0
        most = max(1, min(MAX_SEGMENTS, MAX_BYTES // size)) if size else 1
        following = runs[number][0] if number < len(runs) else 0
        for left in range(-(-waiting // most), 0, -1):
            taken = -(-waiting // left)
            waiting -= taken
            if left == 1 and 0 < following < size and taken < most:
                riding = 1
            yield datagrams[at : at + taken + riding]
            at += taken + riding


def ancillary(train: list[bytes]) -> list[tuple[int, int, bytes]]:
    """The wish to have a train cut into datagrams of the first one's size."""
    return [(SOL_UDP, UDP_SEGMENT, SEGMENT_SIZE.pack(len(train[0])))]


def cut(train: bytes, control: list[tuple[int, int, bytes]]) -> list[bytes]:
    """What one call received -> its datagrams."""
    for level, kind, value in control:
        if (level, kind) == (SOL_UDP, UDP_GRO):
            size = RECEIVED_SIZE.unpack_from(value)[0]
            return [train[at : at + size] for at in range(0, len(train), size)]
    return [train]
