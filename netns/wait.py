"""Waiting: the only place that polls, always with a deadline, always naming what is awaited."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from netns.errors import DeadlinePassed

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

FIRST_INTERVAL = 0.001
LONGEST_INTERVAL = 0.02

TCP_LISTEN = "0A"
UDP_BOUND = "07"


def wait_for(predicate: Callable[[], T], deadline_seconds: float, what: str) -> T:
    """Ask until the answer is true and return it; DeadlinePassed says what never came.

    Asks at once, then after 1 ms, then ever slower, but at least every 20 ms.
    """
    end = time.monotonic() + deadline_seconds
    interval = FIRST_INTERVAL
    while True:
        found = predicate()
        if found:
            return found
        left = end - time.monotonic()
        if left <= 0:
            raise DeadlinePassed(f"{what}: not within {deadline_seconds:g} s")
        time.sleep(min(interval, left))
        interval = min(interval * 1.5, LONGEST_INTERVAL)


def is_listening(pid: int, proto: str, port: int) -> bool:
    """Does anything in the network namespace of this process listen on the port?

    `proto` is "tcp" or "udp"; IPv4 and IPv6 sockets both count.
    """
    state = TCP_LISTEN if proto == "tcp" else UDP_BOUND
    ending = f":{port:04X}"
    for table in (f"/proc/{pid}/net/{proto}", f"/proc/{pid}/net/{proto}6"):
        path = Path(table)
        if not path.exists():
            continue
        for line in path.read_text(encoding="ascii").splitlines()[1:]:
            fields = line.split()
            if fields[1].endswith(ending) and fields[3] == state:
                return True
    return False
