"""What the idle clients of a server cost the busy one: core time for each batch.

    python -m tests.perf.idle_clients [CLIENTS]

One client sends a packet, the server opens it, answers with another and is asked for its next
deadline, as the loop does; nothing else happens. Core alone, no sockets; on a quiet machine.
"""

from __future__ import annotations

import statistics
import sys
import time

from tests.sim.pair import Pair, client_options, ipv4, server_options
from vpn.config.options import Pool
from vpn.events import TunnelUp

CLIENTS = 1000
BATCHES = 300


def main() -> int:
    """Print one line."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CLIENTS
    pool = Pool("10.8.0.2", "10.8.255.254", "255.255.0.0")
    limit = (count, 10)
    options = server_options(
        server__pool=pool, server__duplicate_cn=True, server__connect_freq_initial=limit
    )
    others = tuple(client_options() for _ in range(count - 1))
    pair = Pair(server=options, extra_clients=others)
    if not pair.connect(60):
        raise SystemExit("not every client is connected")
    print(f"{count} clients: {batch_time(pair) * 1e6:.0f} us a batch")
    return 0


def batch_time(pair: Pair) -> float:
    """Seconds for one packet each way; the median."""
    server, busy, now = pair.server.core, pair.client, pair.network.now
    address = busy.saw(TunnelUp)[-1].options.tun.ifconfig[0]
    up, down = ipv4(address, "10.8.0.1"), ipv4("10.8.0.1", address)
    times = []
    for _ in range(BATCHES):
        [(_, datagrams)] = busy.core.encapsulate([up], now)
        started = time.perf_counter()
        server.decapsulate([(busy.address, datagrams)], now)
        server.datagrams_to_send(now)
        server.encapsulate([down], now)
        server.next_deadline()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


if __name__ == "__main__":
    sys.exit(main())
