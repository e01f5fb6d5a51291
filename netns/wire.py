"""A slow and lossy line, for kernels without netem: packets that a router forwards wait a while.

    with router.wire("eth0", "eth1", delay=0.02, loss=0.01, seed=7):      # seconds, a share of one
        client.run(["ping", "-c1", "203.0.113.2"])                        # takes 40 ms

What comes in by one of the two links is routed into a tun, where this program lets it wait and
loses some of it; what it writes back the router sends on as it would have anyway.

    eth0 -> rule "iif eth0: table 1000" -> tun wire0 -> here -> tun wire0 -> main table -> eth1

The losses are drawn from the seed, one by one: the same packets in the same order lose the same.
"""

from __future__ import annotations

import fcntl
import heapq
import os
import random
import selectors
import struct
import sys
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Self

from netns import launch

if TYPE_CHECKING:
    from netns.node import Node
    from netns.process import Process

DEV = "wire0"
TABLE = 1000
READY = "carrying"
TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000
MTU = 65535
QUEUE = 10_000  # packets; the line has room for a second of them


class Wire:
    """A line that is slow for as long as this lives."""

    def __init__(self, node: Node, links: Sequence[str], process: Process) -> None:
        self._node = node
        self._links = links
        self._process = process

    def stop(self) -> None:
        """Make the line fast again; what is still under way is lost."""
        for link in self._links:
            self._node.run(["ip", "rule", "del", "iif", link, "table", str(TABLE)])
        self._process.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def start(node: Node, links: Sequence[str], delay: float, loss: float, seed: int) -> Wire:
    """Have what comes in by these links of a router wait `delay` seconds on its way."""
    command = launch.command("wire", str(delay), str(loss), str(seed))
    process = node.start("wire", command, ready=READY)
    node.run(["ip", "link", "set", DEV, "up", "txqueuelen", str(QUEUE)])
    for name in ("all", DEV):  # a packet that comes back from here has a source from elsewhere
        node.set_sysctl(f"net.ipv4.conf.{name}.rp_filter", 0)
    node.run(["ip", "route", "add", "default", "dev", DEV, "table", str(TABLE)])
    for link in links:
        node.run(["ip", "rule", "add", "iif", link, "table", str(TABLE)])
    return Wire(node, links, process)


# --- in the node ----------------------------------------------------------------------------


class Line:
    """Packets that wait, each with the moment when it is due."""

    def __init__(self, delay: float, loss: float, seed: int) -> None:
        self._delay = delay
        self._loss = loss
        self._random = random.Random(seed)
        self._waiting: list[tuple[float, int, bytes]] = []
        self._count = 0

    def take(self, packet: bytes, now: float) -> None:
        """Let a packet wait, or lose it."""
        self._count += 1
        if self._random.random() >= self._loss:
            heapq.heappush(self._waiting, (now + self._delay, self._count, packet))

    def due(self, now: float) -> list[bytes]:
        """What has waited long enough, in order."""
        packets = []
        while self._waiting and self._waiting[0][0] <= now:
            packets.append(heapq.heappop(self._waiting)[2])
        return packets

    def seconds_left(self, now: float) -> float | None:
        """How long nothing is due; None if nothing waits."""
        return max(0.0, self._waiting[0][0] - now) if self._waiting else None


def main(arguments: list[str]) -> int:
    """Run in a node: DELAY LOSS SEED, until it is ended."""
    delay, loss, seed = arguments
    line = Line(float(delay), float(loss), int(seed))
    tun = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(tun, TUNSETIFF, struct.pack("16sH", DEV.encode(), IFF_TUN_NO_PI))
    selector = selectors.DefaultSelector()
    selector.register(tun, selectors.EVENT_READ)
    print(READY, flush=True)
    while True:
        selector.select(line.seconds_left(time.monotonic()))
        _read(tun, line)
        for packet in line.due(time.monotonic()):
            os.write(tun, packet)


def _read(tun: int, line: Line) -> None:
    while True:
        try:
            packet = os.read(tun, MTU)
        except BlockingIOError:
            return
        line.take(packet, time.monotonic())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
