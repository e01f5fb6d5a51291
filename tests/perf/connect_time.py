"""How long a client takes to connect, beside the stock program in the same lab.

    start of the process ---- first datagram on its LAN ---- "Initialization Sequence Completed"
    |<------------------------- start to completed --------------------------->|
                              |<----------------- handshake ------------------>|

    python -m tests.perf.connect_time            (as root; `make bench` runs it)

Each client is a new process, each pair's server one that runs on. Medians; on a quiet machine.
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

ROUNDS = 10
SECONDS = 20.0
PORT = 1194
COLUMNS = ("first datagram to completed", "process start to completed")
PAIRS = [("openvpn", "openvpn"), ("ours", "openvpn"), ("openvpn", "ours"), ("ours", "ours")]


@dataclass
class Times:
    """Seconds, one for each round."""

    start_to_completed: list[float] = field(default_factory=list)
    handshake: list[float] = field(default_factory=list)


def main() -> int:
    """Print a line for each pair of programs."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    times = {pair: Times() for pair in PAIRS}
    sandbox = furnished(f"connect-{os.getpid()}", find("three-lans"))
    try:
        with tempfile.TemporaryDirectory() as directory:
            for pair in PAIRS:
                _connect(sandbox, pair, rounds, times[pair], Path(directory) / "lan.pcapng")
    finally:
        sandbox.destroy()
    _print(times, rounds)
    return 0


def _connect(
    sandbox: Sandbox, pair: tuple[str, str], rounds: int, times: Times, capture: Path
) -> None:
    """One server, and client after client."""
    lab = Lab(sandbox, find("three-lans"), Settings.of(*pair))
    lab.write_configs()
    server = lab.server.start()
    lab.server.wait_up(SECONDS)
    for _ in range(rounds):
        with sandbox.capture(capture, ["client-lan"]):
            started, completed = _run_client(lab, PROGRAMS[pair[0]])
        times.start_to_completed.append(completed - started)
        times.handshake.append(completed - _first_datagram(capture))
    server.kill()


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


def _print(times: dict[tuple[str, str], Times], rounds: int) -> None:
    stock = times["openvpn", "openvpn"]
    print(f"connect time over UDP, medians of {rounds}, in ms (ratio to stock/stock)")
    print(f"{'client/server':18} {COLUMNS[0]:>28} {COLUMNS[1]:>28}")
    for pair, took in times.items():
        columns = [
            _column(took.handshake, stock.handshake),
            _column(took.start_to_completed, stock.start_to_completed),
        ]
        print(f"{'/'.join(pair):18} {columns[0]:>28} {columns[1]:>28}")


def _column(mine: list[float], theirs: list[float]) -> str:
    median, other = statistics.median(mine), statistics.median(theirs)
    return f"{median * 1000:.1f} ({median / other:.2f})"


if __name__ == "__main__":
    sys.exit(main())
