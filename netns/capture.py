"""Captures every cable of a sandbox into one pcapng file, in the order of time.

Runs as a process in the switch, so it outlives whoever asked for it. Each cable is one interface
in the file; a frame is recorded once, as it enters the switch from the node that sent it:

    client eth0 ==== "lan: client eth0" --\
                                           bridge     (both=True: also where it leaves the switch)
    nat eth0    ==== "lan: nat eth0" -----/
"""

from __future__ import annotations

import heapq
import os
import re
import selectors
import signal
import socket
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, Self

from netns import frames, launch, pcapng
from netns.errors import NetnsError
from netns.pcapng import PcapngWriter
from netns.ring import Read, Ring

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from netns.node import Node
    from netns.process import Process
    from netns.segment import Segment

READY = "capturing"
LOST = "frames lost: "

# Two processors may take a little time each between stamping a frame and putting it into the ring.
MARGIN_NANOSECONDS = 50_000_000
ROUND_SECONDS = 0.02
STOP_SECONDS = 2.0


# --- in the caller ----------------------------------------------------------------------------


class Capture:
    """A capture under way."""

    def __init__(self, path: Path, process: Process) -> None:
        self.path = path
        self._process = process

    @property
    def alive(self) -> bool:
        return self._process.alive

    def stop(self) -> Path:
        """End the capture; what was sent before is in the file then."""
        code = self._process.stop()
        if code not in (0, None):
            raise NetnsError(f"the capture into {self.path} failed", self._process.log_text())
        return self.path

    @property
    def lost(self) -> int:
        """How many frames came too fast to be written; known once it has stopped."""
        return int(self._process.wait_log(re.compile(LOST + r"(\d+)"), 0).group(1))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()


def start(switch: Node, path: Path, segments: Sequence[Segment], *, both: bool) -> Capture:
    """Start capturing in the switch; returns once every cable is being listened to."""
    path = path.absolute()
    if path.is_relative_to("/run"):
        raise NetnsError(f"cannot capture into {path}", "/run is private", "choose another place")
    ports = [
        f"{port.port}={segment.name}: {port.node} {port.dev}"
        for segment in segments
        for port in segment.ports
    ]
    if not ports:
        raise NetnsError("nothing to capture", "no segment has a cable")
    command = launch.command("capture", str(path), "both" if both else "sent", *ports)
    taken = switch.processes()
    name = next(name for name in _names() if name not in taken or not taken[name].alive)
    return Capture(path, switch.start(name, command, ready=READY))


def _names() -> Iterator[str]:
    yield "capture"
    number = 2
    while True:
        yield f"capture-{number}"
        number += 1


# --- in the switch ----------------------------------------------------------------------------


class Frames(Protocol):
    """Where frames come from: a ring of the kernel."""

    socket: socket.socket

    def read(self) -> Iterable[Read]:
        """Read what there is by now, about in the order of time."""

    def lost(self) -> int:
        """How many frames there was no room for, since this was last asked."""


class Recorder:
    """Writes the frames of some links, by their index, in the order of time."""

    def __init__(self, writer: PcapngWriter, ring: Frames, interfaces: dict[int, int]) -> None:
        self._writer = writer
        self._ring = ring
        self._interfaces = interfaces
        self._seen = dict.fromkeys(interfaces.values(), 0)
        self._waiting: list[tuple[int, int, int, bytes, int]] = []
        self._count = 0
        self._others = 0

    def run(self, stop: int) -> int:
        """Record until `stop` becomes readable; return how many frames were lost."""
        selector = selectors.DefaultSelector()
        selector.register(stop, selectors.EVENT_READ)
        selector.register(self._ring.socket, selectors.EVENT_READ)
        running = True
        while running:
            ready = selector.select(ROUND_SECONDS if self._waiting else None)
            running = all(key.fileobj != stop for key, _events in ready)
            self._read()
            self._write_until(time.time_ns() - MARGIN_NANOSECONDS)
        selector.unregister(stop)
        self._read_to_the_end(selector)
        self._write_until(sys.maxsize)
        return self._close()

    def _read(self) -> None:
        for moment, index, outgoing, data in self._ring.read():
            interface = self._interfaces.get(index)
            if interface is None:
                self._others += 1
                continue
            direction = pcapng.OUTBOUND if outgoing else pcapng.INBOUND
            for frame in frames.wire_frames(data):
                self._count += 1
                entry = (moment, self._count, interface, frame, direction)
                heapq.heappush(self._waiting, entry)

    def _read_to_the_end(self, selector: selectors.BaseSelector) -> None:
        """Send a frame of our own and read until it comes: all that was sent before has come then.

        It goes over the loopback of the switch, which nothing else uses.
        """
        end = time.monotonic() + STOP_SECONDS
        before = self._others
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as marker:
            marker.bind(("127.0.0.1", 0))
            marker.sendto(b"the end", marker.getsockname())
            while self._others == before and time.monotonic() < end:
                selector.select(ROUND_SECONDS)
                self._read()

    def _write_until(self, moment: int) -> None:
        wrote = False
        while self._waiting and self._waiting[0][0] <= moment:
            when, _count, interface, frame, direction = heapq.heappop(self._waiting)
            self._writer.write(interface, when, frame, direction=direction)
            self._seen[interface] += 1
            wrote = True
        if wrote:
            self._writer.flush()

    def _close(self) -> int:
        """Write the statistics; the ring is one for all, so its losses stand at the first."""
        lost = self._ring.lost()
        now = time.time_ns()
        for interface, seen in self._seen.items():
            self._writer.write_statistics(interface, now, seen, 0 if interface else lost)
        self._writer.flush()
        return lost


def main(arguments: list[str]) -> int:
    """Run in the switch: FILE both|sent PORT=NAME..."""
    path, mode, *ports = arguments
    reader, writer = os.pipe2(os.O_NONBLOCK)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    with Path(path).open("wb") as file:
        capture = PcapngWriter(file)
        interfaces = {}
        for port, _, name in (port.partition("=") for port in ports):
            interfaces[socket.if_nametoindex(port)] = capture.add_interface(name)
        capture.flush()
        ring = Ring(outgoing=mode == "both")
        print(READY, flush=True)
        lost = Recorder(capture, ring, interfaces).run(reader)
        ring.close()
    print(f"{LOST}{lost}", flush=True)
    return 0
