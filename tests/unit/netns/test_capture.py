"""Frames of many cables are written in the order of time, whatever order they were read in."""

from __future__ import annotations

import io
import os
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.utils import RawPcapNgReader

from netns.capture import Frame, Recorder
from netns.pcapng import PcapngWriter

LONG_AGO = 1_600_000_000_000_000_000


class Cable:
    """A cable whose frames are known beforehand, handed over a few at a time."""

    def __init__(self, interface: int, moments: list[int], at_once: int) -> None:
        self.interface = interface
        self.socket, self._other = socket.socketpair()
        self._frames = [
            (LONG_AGO + moment, interface, moment.to_bytes(4, "big"), 0) for moment in moments
        ]
        self._at_once = at_once

    def read(self) -> tuple[list[Frame], bool]:
        found, self._frames = self._frames[: self._at_once], self._frames[self._at_once :]
        return found, not self._frames

    def statistics(self) -> tuple[int, int]:
        return 0, 0

    def close(self) -> None:
        self.socket.close()
        self._other.close()


def recorded(cables: list[Cable]) -> list[int]:
    file = io.BytesIO()
    writer = PcapngWriter(file)
    for cable in cables:
        writer.add_interface(f"cable {cable.interface}")
    reader, stop = os.pipe()
    os.write(stop, b"x")  # it is to stop at once, but not before all is written
    try:
        Recorder(writer, cables).run(reader)
    finally:
        os.close(reader)
        os.close(stop)
        for cable in cables:
            cable.close()
    file.seek(0)
    return [int.from_bytes(data, "big") for data, _ in RawPcapNgReader(file)]


moments = st.lists(st.integers(0, 1000), max_size=12).map(sorted)


@given(st.lists(moments, min_size=1, max_size=4), st.integers(1, 5))
def test_all_frames_are_written_in_order(of_cables, at_once):
    cables = [Cable(number, found, at_once) for number, found in enumerate(of_cables)]
    assert recorded(cables) == sorted(moment for found in of_cables for moment in found)


@pytest.mark.parametrize("at_once", [1, 2, 100])
def test_a_cable_that_is_not_read_to_its_end_holds_the_others_back(at_once):
    busy, idle = Cable(0, [1, 2, 3, 4], at_once), Cable(1, [4, 5], 100)
    assert recorded([busy, idle]) == [1, 2, 3, 4, 4, 5]
