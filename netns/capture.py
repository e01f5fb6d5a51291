"""Captures every cable of a sandbox into one pcapng file, in the order of time.

Runs as a process in the switch, so it outlives whoever asked for it. Each cable is one interface
in the file; a frame is recorded once, as it enters the switch from the node that sent it:

    client eth0 ==== "lan: client eth0" --\
                                           bridge     (both=True: also where it leaves the switch)
    nat eth0    ==== "lan: nat eth0" -----/
"""

from __future__ import annotations

import contextlib
import heapq
import os
import selectors
import signal
import socket
import struct
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

from netns import frames, pcapng
from netns.errors import NetnsError
from netns.pcapng import PcapngWriter

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from netns.node import Node
    from netns.process import Process
    from netns.segment import Segment

READY = "capturing"

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_STATISTICS, PACKET_VNET_HDR, PACKET_IGNORE_OUTGOING = 6, 15, 23
PACKET_OUTGOING = 4  # of an address: the frame was on its way out
SO_TIMESTAMPNS = 35
SO_RCVBUFFORCE = 33
RECEIVE_BUFFER = 16 << 20
LARGEST_FRAME = (1 << 16) + 256

READS_AT_ONCE = 256

# A frame gets its time a moment before it can be read. What is older than this when all sockets
# have been emptied has no forerunner any more.
MARGIN_NANOSECONDS = 10_000_000

Frame = tuple[int, int, bytes, int]  # time, interface, the frame, direction


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
    source = str(Path(__file__).resolve().parents[1])
    code = (
        f"import sys; sys.path.insert(0, {source!r}); from netns.capture import main; "
        "sys.exit(main(sys.argv[1:]))"
    )
    command = [sys.executable, "-I", "-S", "-c", code, str(path), "both" if both else "sent"]
    taken = switch.processes()
    name = next(name for name in _names() if name not in taken or not taken[name].alive)
    return Capture(path, switch.start(name, [*command, *ports], ready=READY))


def _names() -> Iterator[str]:
    yield "capture"
    number = 2
    while True:
        yield f"capture-{number}"
        number += 1


# --- in the switch ----------------------------------------------------------------------------


class Cable:
    """The socket on one port of the switch."""

    def __init__(self, port: str, interface: int, *, both: bool) -> None:
        self.interface = interface
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        with contextlib.suppress(PermissionError):  # only the host's root may go over the limit
            self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER)
        self.socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.socket.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        if not both:
            self.socket.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        self.socket.setblocking(False)
        self.socket.bind((port, ETH_P_ALL))

    def read(self) -> tuple[list[Frame], bool]:
        """Read what there is, and whether that was all of it."""
        found: list[Frame] = []
        for _round in range(READS_AT_ONCE):
            try:
                data, extra, _flags, address = self.socket.recvmsg(LARGEST_FRAME, 64)
            except OSError:  # nothing more; or the port was switched off, which is no end either
                return found, True
            outgoing = address[2] == PACKET_OUTGOING
            direction = pcapng.OUTBOUND if outgoing else pcapng.INBOUND
            moment = _time_of(extra)
            wire = frames.wire_frames(data)
            found += [(moment, self.interface, frame, direction) for frame in wire]
        return found, False

    def statistics(self) -> tuple[int, int]:
        """How many frames were seen, and how many of them lost for want of room."""
        data = self.socket.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        seen, dropped = struct.unpack("=II", data)
        return seen, dropped


def _time_of(extra: list[tuple[int, int, bytes]]) -> int:
    for level, kind, data in extra:
        if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS):
            seconds, nanoseconds = struct.unpack("=qq", data[:16])
            return int(seconds) * 1_000_000_000 + int(nanoseconds)
    return time.time_ns()


class Recorder:
    """Reads all cables and writes their frames in the order of time."""

    def __init__(self, writer: PcapngWriter, cables: list[Cable]) -> None:
        self._writer = writer
        self._cables = cables
        self._waiting: list[tuple[int, int, int, bytes, int]] = []
        self._count = 0

    def run(self, stop: int) -> None:
        """Record until `stop` becomes readable."""
        selector = selectors.DefaultSelector()
        selector.register(stop, selectors.EVENT_READ)
        for cable in self._cables:
            selector.register(cable.socket, selectors.EVENT_READ)
        running = True
        while running:
            ready = selector.select(0.02 if self._waiting else None)
            running = all(key.fileobj != stop for key, _events in ready)
            self._write_until(self._read())
        stopped = time.time_ns()
        while self._read() < stopped:
            pass
        self._write_until(stopped)
        for cable in self._cables:
            self._writer.write_statistics(cable.interface, time.time_ns(), *cable.statistics())
        self._writer.flush()

    def _read(self) -> int:
        """Read from every cable; return the time before which nothing can come any more."""
        horizon = time.time_ns() - MARGIN_NANOSECONDS
        for cable in self._cables:
            found, all_of_it = cable.read()
            for moment, interface, frame, direction in found:
                self._count += 1
                entry = (moment, self._count, interface, frame, direction)
                heapq.heappush(self._waiting, entry)
            if not all_of_it:
                horizon = min(horizon, found[-1][0])
        return horizon

    def _write_until(self, moment: int) -> None:
        wrote = False
        while self._waiting and self._waiting[0][0] <= moment:
            when, _count, interface, frame, direction = heapq.heappop(self._waiting)
            self._writer.write(interface, when, frame, direction=direction)
            wrote = True
        if wrote:
            self._writer.flush()


def main(arguments: list[str]) -> int:
    """Run in the switch: FILE both|sent PORT=NAME..."""
    path, mode, *ports = arguments
    reader, writer = os.pipe2(os.O_NONBLOCK)
    signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: None)
    with Path(path).open("wb") as file:
        capture = PcapngWriter(file)
        cables = []
        for port, _, name in (port.partition("=") for port in ports):
            cables.append(Cable(port, capture.add_interface(name), both=mode == "both"))
        capture.flush()
        print(READY, flush=True)
        Recorder(capture, cables).run(reader)
    return 0
