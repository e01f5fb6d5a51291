"""Frames of many cables are written in the order of time, whatever order they were read in."""

from __future__ import annotations

import io
import os
import socket

from hypothesis import given
from hypothesis import strategies as st
from scapy.utils import RawPcapNgReader

from netns.capture import Recorder
from netns.frames import HEADER_SIZE
from netns.pcapng import PcapngWriter
from netns.ring import Read

LOOPBACK, FIRST, SECOND, UNKNOWN = 1, 5, 6, 9
LONG_AGO = 1_600_000_000_000_000_000


class Ring:
    """A ring that holds known frames, handed over a few at a time; then the loopback's come."""

    def __init__(self, reads: list[Read], at_once: int) -> None:
        self.socket, self._other = socket.socketpair()
        self._other.send(b"there is something")
        self._reads = reads
        self._at_once = at_once

    def read(self) -> list[Read]:
        found, self._reads = self._reads[: self._at_once], self._reads[self._at_once :]
        return found or [(LONG_AGO, LOOPBACK, False, bytes(HEADER_SIZE))]

    def lost(self) -> int:
        return 3

    def close(self) -> None:
        self.socket.close()
        self._other.close()


def recorded(reads: list[tuple[int, int]], at_once: int) -> list[tuple[str, int]]:
    """Record frames of (moment, link), stopping at once; read back (interface, moment)."""
    file = io.BytesIO()
    writer = PcapngWriter(file)
    interfaces = {FIRST: writer.add_interface("first"), SECOND: writer.add_interface("second")}
    ring = Ring(
        [
            (LONG_AGO + moment, index, False, bytes(HEADER_SIZE) + moment.to_bytes(4, "big"))
            for moment, index in reads
        ],
        at_once,
    )
    reader, stop = os.pipe()
    os.write(stop, b"x")
    try:
        assert Recorder(writer, ring, interfaces).run(reader) == 3
    finally:
        os.close(reader)
        os.close(stop)
        ring.close()
    file.seek(0)
    return [
        (about.ifname.decode(), int.from_bytes(data, "big"))
        for data, about in RawPcapNgReader(file)
    ]


@given(
    st.lists(st.tuples(st.integers(0, 1000), st.sampled_from([FIRST, SECOND])), max_size=30),
)
def test_all_frames_are_written_in_order_of_time(reads):
    found = recorded(reads, len(reads) + 1)
    names = {FIRST: "first", SECOND: "second"}
    assert [moment for _, moment in found] == sorted(moment for moment, _ in reads)
    assert sorted(found) == sorted((names[index], moment) for moment, index in reads)


def test_what_was_sent_before_the_stop_is_read_however_little_comes_at_once():
    reads = [(moment, FIRST) for moment in range(20)]
    assert recorded(reads, at_once=1) == [("first", moment) for moment in range(20)]


def test_links_that_nobody_asked_for_are_left_out():
    assert recorded([(1, FIRST), (2, UNKNOWN), (3, SECOND)], at_once=9) == [
        ("first", 1),
        ("second", 3),
    ]
