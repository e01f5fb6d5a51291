"""TCP through a tunnel, by iperf3: how much of it, and what it costs."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tests.perf.site import INSIDE, cpu_seconds

if TYPE_CHECKING:
    from labs.lab import Lab

MEGA, GIGA = 1e6, 1e9


@dataclass(frozen=True)
class Stream:
    """One run."""

    mbits: float  # received, a second
    cpu_per_gb: float  # seconds of both ends


def run(lab: Lab, seconds: float, *options: str, to: str = INSIDE) -> Stream:
    """From the client to the server; `-R` for the other direction, `-P 4` for four at once."""
    server = lab["server"].popen(["iperf3", "-s", "-1", "-B", to], stdout=-3, stderr=-3)
    lab["server"].wait_listening(5201)
    before = cpu_seconds(lab)
    try:
        argv = ["iperf3", "-c", to, "-t", f"{seconds:g}", "-J", *options]
        report = json.loads(lab["client"].run(argv, timeout=seconds + 20).stdout)
    finally:
        server.terminate()
        server.wait()
    used = cpu_seconds(lab) - before
    end = report["end"]
    sums = [
        end["sum_received"],
        *([end["sum_received_bidir_reverse"]] if "--bidir" in options else []),
    ]
    received = sum(each["bytes"] for each in sums)
    rate = sum(each["bits_per_second"] for each in sums)
    return Stream(rate / MEGA, used / (received / GIGA) if received else float("inf"))
