"""Where the time goes: each station of a packet by itself, and the processor under a full stream.

    python -m tests.perf.budget            (as root; `make bench` writes it into the documentation)

Stations: trains of full TCP segments pass through the functions that the programs call, one after
the other, in this process; the tenth percentile of many trains, by packet. System calls are not in
it: they are in the second table, a profile by `perf` of the whole machine while a stream fills a
tunnel, which sees the native code of libraries and the kernel.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from scapy.layers.inet import IP, TCP
from scapy.packet import Raw

from tests.perf import loads
from tests.perf.site import OURS, ROUTED, Site
from tests.sim.pair import Pair
from vpn.system import arrays, gso, offload
from vpn.system.segment import packets_of

T = TypeVar("T")
SEGMENTS, SIZE = 44, 1388  # of a train: what fits into one system call
STAMP = [("NOP", None), ("NOP", None), ("Timestamp", (1, 2))]
KINDS = frozenset((offload.GSO_TCPV4, offload.GSO_TCPV6, offload.GSO_UDP))
TRAINS = 2000
STREAM_SECONDS, PROFILE_SECONDS = 5, 3
SHOWN = 0.5  # percent


class Stations:
    """A client and a server whose packets are taken along by hand, by a stopwatch."""

    def __init__(self) -> None:
        arrays.load()
        loaded = arrays.arrays()
        if loaded is None:
            raise RuntimeError("numpy cannot be loaded")
        self._arrays = loaded
        self._pair = Pair()
        if not self._pair.connect(10):
            raise RuntimeError("the simulated pair does not connect")
        self._pair.network.filter = lambda *_: False
        self.seconds: dict[str, list[float]] = {}
        train = [segment(number) for number in range(SEGMENTS)]
        [group] = offload.coalesce(train, 0, KINDS, self._arrays)
        self._read = memoryview(b"".join(offload.buffers(group, 0)))
        self._lone = segment(0)[:52]  # as an ACK

    def run(self, trains: int) -> dict[str, float]:
        """Microseconds of each station: by packet of a train, and by lone packet."""
        for _ in range(trains):
            self._pass_train()
            self._pass_lone()
        found = {}
        for name, seconds in self.seconds.items():
            tenth = sorted(seconds)[len(seconds) // 10] * 1e6
            found[name] = tenth if name.startswith("a lone") else tenth / SEGMENTS
        return found

    def _timed(self, name: str, function: Callable[[], T]) -> T:
        begin = time.perf_counter()
        result = function()
        self.seconds.setdefault(name, []).append(time.perf_counter() - begin)
        return result

    def _pass_train(self) -> None:
        pair, now, timed = self._pair, self._pair.network.now, self._timed
        client, server = pair.client.core, pair.server.core
        train = timed("cut a super-packet", lambda: packets_of(self._read, 0, self._arrays))
        [(_, sealed)] = timed("encapsulate", lambda: client.encapsulate(train, now))
        timed("datagrams to trains", lambda: list(gso.trains(sealed)))
        joined = b"".join(sealed)
        control = [(gso.SOL_UDP, gso.UDP_GRO, gso.RECEIVED_SIZE.pack(len(sealed[0])))]
        came = timed("a train to datagrams", lambda: gso.cut(joined, control))
        incoming = [(pair.client.address, came)]
        packets = timed("decapsulate", lambda: server.decapsulate(incoming, now))
        groups = timed(
            "check and coalesce", lambda: offload.coalesce(packets, 0, KINDS, self._arrays)
        )
        timed("super-packets", lambda: [offload.buffers(group, 0) for group in groups])

    def _pass_lone(self) -> None:
        pair, now, timed = self._pair, self._pair.network.now, self._timed
        client, server = pair.client.core, pair.server.core
        [(_, sealed)] = timed(
            "a lone packet, encapsulate", lambda: client.encapsulate([self._lone], now)
        )
        incoming = [(pair.client.address, sealed)]
        timed("a lone packet, decapsulate", lambda: server.decapsulate(incoming, now))


def segment(number: int) -> bytes:
    """A full segment of a TCP stream."""
    layer = IP(src="10.8.0.2", dst="10.8.0.1", id=number, flags="DF")
    transport = TCP(sport=5, dport=6, seq=1 + number * SIZE, ack=5, flags="A", options=STAMP)
    return bytes(layer / transport / Raw(bytes((number + at) % 251 for at in range(SIZE))))


def profile() -> list[tuple[float, str]]:
    """(percent of the processors, process and library) while a stream fills a tunnel of ours."""
    if shutil.which("perf") is None:
        print("perf is not installed: `apt install linux-perf`", file=sys.stderr)
        return []
    site = Site(ROUTED)
    try:
        with site.tunnel(OURS) as lab, tempfile.TemporaryDirectory() as place:
            data = Path(place, "perf.data")
            argv = ["perf", "record", "-q", "-a", "-F", "999", "-o", data, "--", "sleep"]
            with subprocess.Popen([*argv, str(PROFILE_SECONDS)], stderr=subprocess.DEVNULL) as perf:
                loads.stream(lab, STREAM_SECONDS)
                perf.wait()
            report = subprocess.run(
                ["perf", "report", "-i", data, "--stdio", "--sort", "comm,dso", "-F",
                 "overhead,comm,dso", "--field-separator", ";"],
                capture_output=True, text=True, check=True,
            ).stdout  # fmt: skip
    finally:
        site.destroy()
    shares = [
        (float(fields[0].strip().rstrip("%")), f"{fields[1].strip()}: {fields[2].strip()}")
        for line in report.splitlines()
        if len(fields := line.split(";")) == 3 and "%" in fields[0]
    ]
    return sorted((each for each in shares if each[0] >= SHOWN), reverse=True)


def tables() -> str:
    """Both, as Markdown."""
    text = "| station | µs |\n|---|---:|\n"
    for name, value in Stations().run(TRAINS).items():
        text += f"| {name} | {value:.2f} |\n"
    if shares := profile():
        text += "\n| processor under a full stream | % |\n|---|---:|\n"
        text += "".join(f"| {name} | {share:.1f} |\n" for share, name in shares)
    return text


if __name__ == "__main__":
    print(tables())
