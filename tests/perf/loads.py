"""What is sent through a tunnel, and what of it is measured."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.perf.site import cpu_seconds, resident_bytes

if TYPE_CHECKING:
    from labs.lab import Lab

INSIDE = "10.8.0.1"  # the server, in the tunnel
IPERF_PORT, IPERF_SECONDS = 5201, 20.0
MEGA, GIGA = 1e6, 1e9
PING_INTERVAL = 0.002
SMALL = 64  # bytes
MOST_LOST = 1.0  # percent
ROUND_TRIP = re.compile(r"time=([\d.]+) ms")
ROOT = Path(__file__).resolve().parents[2]
CROWD_SECONDS = 120.0


def stream(
    lab: Lab, seconds: int, *options: str, to: str = INSIDE, at: str = "server"
) -> tuple[float, float]:
    """TCP by iperf3, from the client to node `at`: (Mbit/s received, CPU seconds of both ends/GB).

    `-R` is the other direction, `--bidir` both at once, `-P 4` four streams.
    """
    with iperf_server(lab, at, to):
        before = _cpu(lab)
        end = _iperf(lab, seconds, to, *options)["end"]
        used = _cpu(lab) - before
    sums = [end["sum_received"]]
    if "--bidir" in options:
        sums.append(end["sum_received_bidir_reverse"])
    rate = sum(each["bits_per_second"] for each in sums) / MEGA
    return rate, used / (sum(each["bytes"] for each in sums) / GIGA)


def small_packets(lab: Lab, seconds: int, rate: float) -> float:
    """Lost of 64-byte UDP packets at this rate (a second), percent."""
    with iperf_server(lab, "server", INSIDE):
        bits = f"{rate * SMALL * 8:.0f}"
        report = _iperf(lab, seconds, INSIDE, "-u", "-l", str(SMALL), "-b", bits)
    total = report["end"]["sum"]
    sent = total["packets"]
    wanted = rate * seconds
    if sent < 0.97 * wanted:  # whoever sends is at its end
        return 100.0
    return float(total["lost_percent"])


def highest_rate(lab: Lab, seconds: int, low: float, high: float, steps: int) -> float:
    """The highest rate of small packets, a second, of which less than one percent is lost."""
    while small_packets(lab, seconds, high) < MOST_LOST:
        low, high = high, high * 1.5
    for _ in range(steps):
        middle = (low + high) / 2
        if small_packets(lab, seconds, middle) < MOST_LOST:
            low = middle
        else:
            high = middle
    return low


def ping(lab: Lab, count: int) -> tuple[float, float]:
    """Round trips through the tunnel every 2 ms: (p50, p99) in ms."""
    argv = ["ping", "-n", "-i", f"{PING_INTERVAL}", "-c", str(count), INSIDE]
    text = lab["client"].run(argv, timeout=count * PING_INTERVAL * 3 + 20).stdout
    times = sorted(map(float, ROUND_TRIP.findall(text)))
    return statistics.median(times), times[int(len(times) * 0.99)]


def ping_beside_a_stream(lab: Lab, seconds: int) -> float:
    """p99 of round trips while a stream fills the tunnel, ms."""
    with iperf_server(lab, "server", INSIDE):
        argv = ["iperf3", "-c", INSIDE, "-t", f"{seconds + 3}"]
        load = lab["client"].popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            ping(lab, int(1 / PING_INTERVAL))  # the stream has come up meanwhile
            return ping(lab, int(seconds / PING_INTERVAL))[1]
        finally:
            load.terminate()
            load.wait()


@contextmanager
def crowd(lab: Lab, count: int) -> Iterator[None]:
    """That many clients, connected, in one process on the client's host."""
    argv = [sys.executable, "-m", "tests.perf.crowd", str(count), str(lab.client.config)]
    process = lab["client"].popen(
        argv,
        cwd=lab.client.directory,
        env={"PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        line = process.stdout.readline()
        if not line.startswith("up"):
            raise RuntimeError(f"the crowd said {line!r}")
        yield
    finally:
        process.stdin.close()
        process.wait(CROWD_SECONDS)


def handshakes(lab: Lab, count: int) -> tuple[float, float]:
    """(full handshakes a second of the server's processor, its memory for each client in bytes)."""
    pid = lab.server.process.pid
    cpu, memory = cpu_seconds(pid), resident_bytes(pid)
    with crowd(lab, count):
        used, grown = cpu_seconds(pid) - cpu, resident_bytes(pid) - memory
    return count / used, grown / count


def _cpu(lab: Lab) -> float:
    return sum(cpu_seconds(end.process.pid) for end in lab.ends)


@contextmanager
def iperf_server(lab: Lab, at: str, address: str) -> Iterator[None]:
    argv = ["iperf3", "-s", "-1", "-B", address]
    server = lab[at].popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        lab[at].wait_listening(IPERF_PORT)
        yield
        server.wait(IPERF_SECONDS)  # a tunnel over TCP goes on for a while
    finally:
        server.terminate()
        server.wait()


def _iperf(lab: Lab, seconds: int, to: str, *options: str) -> dict[str, Any]:
    argv = ["iperf3", "-c", to, "-t", f"{seconds}", "-J", *options]
    text = lab["client"].run(argv, timeout=seconds + IPERF_SECONDS).stdout
    report: dict[str, Any] = json.loads(text)
    if "error" in report:
        raise RuntimeError(f"iperf3: {report['error']}")
    return report
