"""Many clients on one server for a long time: does its memory grow?

    python -m tests.perf.endurance [MINUTES [CLIENTS]]

Each has its keys renewed every two minutes, which is a day's work in an hour; one more carries a
stream all the while. Prints a line each minute: what the server keeps in memory, how much more that
is than at the start, the processor time it has used, and how many key exchanges there were.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tests.perf import loads
from tests.perf.measures import CROWD
from tests.perf.site import OURS, ROUTED, Site, cpu_seconds, resident_bytes

if TYPE_CHECKING:
    from labs.lab import Lab

MINUTES, CLIENTS = 10, 1000
RATE = "16M"  # bits a second
RENEWED = 120  # seconds
RENEWAL = "Control Channel: TLS"
MEGA = 1e6


def main() -> int:
    """Print a table."""
    words = [int(word) for word in sys.argv[1:]]
    minutes, clients = [*words, *(MINUTES, CLIENTS)[len(words) :]]
    site = Site(ROUTED)
    sets = (*CROWD, f"server:max-clients={clients + 1}", f"reneg-sec={RENEWED}")
    try:
        with site.tunnel(OURS, *sets) as lab, loads.crowd(lab, clients), _stream(lab, minutes):
            server = lab.server.process
            first = resident_bytes(server.pid)
            for minute in range(minutes + 1):
                time.sleep(60 if minute else 0)
                now, renewed = resident_bytes(server.pid), lab.server.log_text().count(RENEWAL)
                print(
                    f"{minute:3} min  {clients} clients  {now / MEGA:7.1f} MB  "
                    f"{(now - first) / MEGA:+6.2f} MB  {cpu_seconds(server.pid):7.1f} s  "
                    f"{renewed:6} key exchanges",
                    flush=True,
                )
    finally:
        site.destroy()
    return 0


@contextmanager
def _stream(lab: Lab, minutes: int) -> Iterator[None]:
    argv = ["iperf3", "-c", loads.INSIDE, "-b", RATE, "-t", f"{60 * (minutes + 1)}"]
    with loads.iperf_server(lab, "server", loads.INSIDE):
        load = lab["client"].popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield
            if load.poll() is not None:
                raise SystemExit("the stream has ended before its time")
        finally:
            load.terminate()
            load.wait()


if __name__ == "__main__":
    sys.exit(main())
