"""How long a client takes to connect, beside the stock program in the same lab.

    start of the process ---- first datagram on its LAN ---- "Initialization Sequence Completed"
    |<------------------------- start to completed --------------------------->|
                              |<----------------- handshake ------------------>|

    python -m tests.perf.connect_time [TURNS]            (as root; `make bench` runs it)

The pairs take turns. In a turn a server runs on, and each client is a new process; the first one is
not counted. What is compared are the medians of a turn, because a machine's speed drifts.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from scapy.layers.inet import UDP
from scapy.utils import PcapNgReader

from labs.bringup import furnished
from labs.endpoint import UP
from labs.lab import Lab
from labs.program import PROGRAMS
from labs.settings import Settings
from labs.topologies import find
from netns.node import end_group

if TYPE_CHECKING:
    from labs.build import Sandbox
    from labs.program import Program

TURNS, CLIENTS = 5, 6
SECONDS = 20.0
PORT = 1194
COLUMNS = ("first datagram to completed", "process start to completed")
PAIRS = [("openvpn", "openvpn"), ("ours", "openvpn"), ("openvpn", "ours"), ("ours", "ours")]


@dataclass
class Times:
    """Seconds, the median of each turn."""

    start_to_completed: list[float] = field(default_factory=list)
    handshake: list[float] = field(default_factory=list)


def main() -> int:
    """Print a line for each pair of programs."""
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else TURNS
    times = {pair: Times() for pair in PAIRS}
    sandbox = furnished(f"connect-{os.getpid()}", find("three-lans"))
    try:
        with tempfile.TemporaryDirectory() as directory:
            for pair in PAIRS * turns:
                _connect(sandbox, pair, times[pair], Path(directory) / "lan.pcapng")
    finally:
        sandbox.destroy()
    _print(times, turns)
    return 0


def _connect(sandbox: Sandbox, pair: tuple[str, str], times: Times, capture: Path) -> None:
    """One server, and client after client."""
    starts, handshakes = [], []
    lab = Lab(sandbox, find("three-lans"), Settings.of(*pair))
    lab.write_configs()
    server = lab.server.start()
    lab.server.wait_up(SECONDS)
    for _ in range(CLIENTS):
        with sandbox.capture(capture, ["client-lan"]):
            started, completed = _run_client(lab, PROGRAMS[pair[0]])
        starts.append(completed - started)
        handshakes.append(completed - _first_datagram(capture))
    server.kill()
    times.start_to_completed.append(statistics.median(starts[1:]))
    times.handshake.append(statistics.median(handshakes[1:]))


def _run_client(lab: Lab, program: Program) -> tuple[float, float]:
    """When its process started, and when it said that the tunnel was up."""
    started = time.time()
    process = lab["client"].popen(
        program.argv(lab.client.config),
        cwd=lab.client.directory,
        env=program.environment(),
        stdout=subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        return started, next(time.time() for line in process.stdout if UP in line)
    finally:
        end_group(process)
        process.wait()


def _first_datagram(capture: Path) -> float:
    """When the client's first datagram to a server passed, by the kernel's clock."""
    with PcapNgReader(str(capture)) as frames:
        ours = (frame for frame in frames if UDP in frame and frame[UDP].dport == PORT)
        return float(next(ours).time)


def _print(times: dict[tuple[str, str], Times], turns: int) -> None:
    stock = times["openvpn", "openvpn"]
    print(f"connect time over UDP, medians of {turns} turns, in ms (ratio to stock/stock)")
    print(f"{'client/server':18} {COLUMNS[0]:>32} {COLUMNS[1]:>32}")
    for pair, took in times.items():
        columns = [
            _column(took.handshake, stock.handshake),
            _column(took.start_to_completed, stock.start_to_completed),
        ]
        print(f"{'/'.join(pair):18} {columns[0]:>32} {columns[1]:>32}")


def _column(mine: list[float], theirs: list[float]) -> str:
    """`7.4 (1.79, 1.72 to 1.90)`."""
    ratios = [one / other for one, other in zip(mine, theirs, strict=True)]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    return f"{statistics.median(mine) * 1000:.1f} ({statistics.median(ratios):.2f}, {spread})"


if __name__ == "__main__":
    sys.exit(main())
