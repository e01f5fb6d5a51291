"""A flood of first packets from random addresses, sent by a node that can send in any name.

    flood_agent.py ADDRESS PORT COUNT RATE SEED PAYLOAD

UDP over a raw socket: COUNT datagrams, at most RATE a second, each from another address and port of
SOURCES. In PAYLOAD (hex) the 8 bytes behind the first are random, too: in a first packet that is
the session id. The answer is one line of JSON: how many were sent, in how many seconds.
Nothing but the standard library: it starts in no time.
"""

from __future__ import annotations

import ipaddress
import json
import random
import socket
import struct
import sys
import time
from collections.abc import Iterator

SOURCES = ipaddress.ip_network("198.18.0.0/15")  # kept for measurements: nobody lives there
RANDOM = slice(1, 9)
BATCH = 50  # sent without a look at the clock
IP_HEADER, UDP_HEADER = struct.Struct("!BBHHHBBHII"), struct.Struct("!HHHH")
VERSION_AND_SIZE, TTL = 0x45, 64


def packets(address: str, port: int, payload: bytes, seed: int) -> Iterator[bytes]:
    """Without end; the kernel fills in the checksum of the header, UDP has none."""
    source, target = random.Random(seed), int(ipaddress.ip_address(address))
    first, room = int(SOURCES.network_address), SOURCES.num_addresses
    size = UDP_HEADER.size + len(payload)
    front, behind = payload[: RANDOM.start], payload[RANDOM.stop :]
    while True:
        bits = source.getrandbits(48)
        sender = first + (bits & 0xFFFFFFFF) % room
        yield b"".join(
            (
                IP_HEADER.pack(
                    VERSION_AND_SIZE, 0, IP_HEADER.size + size, 0, 0, TTL, socket.IPPROTO_UDP, 0,
                    sender, target,
                ),
                UDP_HEADER.pack(bits >> 32 | 1024, port, size, 0),
                front, source.randbytes(RANDOM.stop - RANDOM.start), behind,
            )
        )  # fmt: skip


def flood(address: str, port: int, count: int, rate: int, seed: int, payload: bytes) -> float:
    """Send them; the seconds it took."""
    made = packets(address, port, payload, seed)
    with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        raw.connect((address, 0))
        began = due = time.monotonic()
        for sent in range(count):
            if sent % BATCH == 0:
                now = time.monotonic()
                time.sleep(max(0.0, due - now))
                due = max(due, now) + BATCH / rate  # who was held up does not hurry after
            raw.send(next(made))
        return time.monotonic() - began


def main(arguments: list[str]) -> None:
    """Send what the command line asks for."""
    address, *numbers, payload = arguments
    port, count, rate, seed = map(int, numbers)
    seconds = flood(address, port, count, rate, seed, bytes.fromhex(payload))
    print(json.dumps({"sent": count, "seconds": seconds}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
