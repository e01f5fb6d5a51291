"""Frames of every link of a network namespace, from a ring that the kernel fills (AF_PACKET).

    +---------+---------+---------+-----    each block: a header, then frames one after another,
    | block 0 | block 1 | block 2 | ...     handed over when full or after a few milliseconds
    +---------+---------+---------+-----

A ring and not plain reads: how much a socket may hold is limited for users without rights, the
size of a ring is not. TPACKET_V3 in Documentation/networking/packet_mmap.rst.
"""

from __future__ import annotations

import mmap
import socket
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 5, 6, 10
PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 15, 23
TPACKET_V3 = 2
PACKET_OUTGOING = 4  # of an address: the frame was on its way out

BLOCK_SIZE = 1 << 18  # holds the largest frame three times
BLOCKS = 128
RETIRE_MILLISECONDS = 8
FRAME_SIZE = 2048  # only has to divide the block

OWNED_BY_KERNEL, OWNED_BY_USER = 0, 1

_REQUEST = struct.Struct("=7I")
_BLOCK = struct.Struct("=8x3I")  # status, number of frames, offset of the first
_FRAME = struct.Struct("=5I4xH")  # next, seconds, nanoseconds, captured, length, -, offset
_ADDRESS = struct.Struct("=4xi2xB")  # link's index, -, direction
FRAME_HEADER_SIZE = 48
VNET_HEADER_SIZE = 10

Read = tuple[int, int, bool, bytes]  # time, link's index, was it outgoing, header and frame


class Ring:
    """A packet socket of the network namespace that this thread is in."""

    def __init__(self, *, outgoing: bool) -> None:
        # Of every link, also of those that are yet to come; making the ring drops what came before.
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
        self.socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        if not outgoing:
            self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        size = BLOCK_SIZE * BLOCKS
        request = _REQUEST.pack(
            BLOCK_SIZE, BLOCKS, FRAME_SIZE, size // FRAME_SIZE, RETIRE_MILLISECONDS, 0, 0
        )
        self.socket.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
        self._memory = mmap.mmap(self.socket.fileno(), size)
        self._next = 0

    def read(self) -> Iterator[Read]:
        """Read what the kernel has handed over, once around the ring at most."""
        for _round in range(BLOCKS):
            start = self._next * BLOCK_SIZE
            status, count, offset = _BLOCK.unpack_from(self._memory, start)
            if not status & OWNED_BY_USER:
                return
            yield from self._frames(start + offset, count)
            struct.pack_into("=I", self._memory, start + 8, OWNED_BY_KERNEL)
            self._next = (self._next + 1) % BLOCKS

    def _frames(self, place: int, count: int) -> Iterator[Read]:
        for _frame in range(count):
            step, seconds, nanoseconds, size, _whole, offset = _FRAME.unpack_from(
                self._memory, place
            )
            index, kind = _ADDRESS.unpack_from(self._memory, place + FRAME_HEADER_SIZE)
            start = place + offset
            data = self._memory[start - VNET_HEADER_SIZE : start + size]
            moment = seconds * 1_000_000_000 + nanoseconds
            yield moment, index, kind == PACKET_OUTGOING, data
            place += step

    def lost(self) -> int:
        """How many frames there was no room for, since this was last asked."""
        data = self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 12)
        _seen, dropped, _freezes = struct.unpack("=3I", data)
        return int(dropped)

    def close(self) -> None:
        self._memory.close()
        self.socket.close()
