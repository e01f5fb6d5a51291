"""One TCP connection of a link: its decoder, its queue, how far it is."""

from __future__ import annotations

import socket

from vpn.events import Address
from vpn.system.proxy import Handshake
from vpn.wire.stream import StreamDecoder

CHUNK = 65536


class Stream:
    """One TCP connection: its decoder and its queue."""

    __slots__ = (
        "address", "decoder", "handshake", "is_closing", "is_connecting", "is_new", "is_waiting",
        "queue", "socket",
    )  # fmt: skip

    def __init__(self, sock: socket.socket, address: Address, max_length: int) -> None:
        self.socket = sock
        self.address = address
        self.decoder = StreamDecoder(max_length)
        self.queue = bytearray()
        self.is_connecting = False
        self.is_closing = False
        self.is_new = True  # nothing was read yet
        self.handshake: Handshake | None = None  # with a proxy, before anything else
        self.is_waiting = False  # for the kernel to take more of the queue

    def write(self) -> None:
        """Hand the kernel what it takes of the queue."""
        while self.queue:
            with memoryview(self.queue) as view:
                sent = self.socket.send(view[:CHUNK])
            del self.queue[:sent]
