"""One end of a TCP exchange, run on a node: sends so many bytes, receives as many, says what.

    traffic_agent.py listen PORT SIZE RATE SEED
    traffic_agent.py connect ADDRESS PORT SIZE RATE SEED

Both ends send at the same time, at most RATE bytes a second. The answer is one line of JSON.
Nothing but the standard library: it starts in no time.
"""

from __future__ import annotations

import hashlib
import json
import random
import socket
import struct
import sys
import threading

SO_MAX_PACING_RATE = 47
BLOCK = 16384
SECONDS = 60.0
RETRANSMITS_OFFSET = 100  # tcpi_total_retrans in struct tcp_info


class Sender(threading.Thread):
    """Sends the bytes of a seeded generator, and hashes them."""

    def __init__(self, connection: socket.socket, size: int, seed: int) -> None:
        super().__init__(daemon=True)
        self._connection = connection
        self._left = size
        self._bytes = random.Random(seed)
        self.digest = hashlib.sha256()

    def run(self) -> None:
        while self._left:
            block = self._bytes.randbytes(min(BLOCK, self._left))
            self._connection.sendall(block)
            self.digest.update(block)
            self._left -= len(block)
        self._connection.shutdown(socket.SHUT_WR)


def exchange(connection: socket.socket, size: int, rate: int, seed: int) -> dict[str, object]:
    """Send and receive at once until both sides have said all."""
    connection.settimeout(SECONDS)
    connection.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, rate)
    sender = Sender(connection, size, seed)
    sender.start()
    digest, received = hashlib.sha256(), 0
    while block := connection.recv(BLOCK):
        digest.update(block)
        received += len(block)
    sender.join(SECONDS)
    facts = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    (retransmits,) = struct.unpack_from("=I", facts, RETRANSMITS_OFFSET)
    return {
        "sent_digest": sender.digest.hexdigest(),
        "received": received,
        "received_digest": digest.hexdigest(),
        "retransmits": retransmits,
    }


def connected(arguments: list[str]) -> socket.socket:
    """Open the connection that the command line asks for."""
    if arguments[0] == "connect":
        return socket.create_connection((arguments[1], int(arguments[2])), SECONDS)
    listener = socket.create_server(("", int(arguments[1])))
    listener.settimeout(SECONDS)
    print(f"listening {listener.getsockname()[1]}", flush=True)
    connection, _address = listener.accept()
    return connection


def main(arguments: list[str]) -> None:
    """Run one end."""
    size, rate, seed = map(int, arguments[-3:])
    with connected(arguments) as connection:
        print(json.dumps(exchange(connection, size, rate, seed)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
