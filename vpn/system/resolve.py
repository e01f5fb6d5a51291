"""Names to addresses without holding up the loop: each look-up is a short-lived thread.

The C library's resolver can't be waited for together with sockets, and may take half a minute.
The thread touches nothing of ours; it leaves its answer in a queue and writes to a descriptor that
the loop waits for. A look-up that is no longer wanted ends by itself.
"""

from __future__ import annotations

import os
import socket
import threading
from queue import Empty, SimpleQueue
from typing import NamedTuple

from vpn.config.options import Connection
from vpn.system.link import SocketAddress

FAMILIES = {"any": socket.AF_UNSPEC, "ipv4": socket.AF_INET, "ipv6": socket.AF_INET6}


class Target(NamedTuple):
    """One address of a remote."""

    family: int
    address: SocketAddress


class Answer(NamedTuple):
    """What became of a look-up: targets, or why there are none."""

    connection: Connection
    targets: tuple[Target, ...]
    problem: str = ""


class Resolver:
    """Looks up remotes."""

    def __init__(self) -> None:
        self._ready = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._answers: SimpleQueue[Answer] = SimpleQueue()

    def fileno(self) -> int:
        """Readable when there are answers."""
        return self._ready

    def start(self, connection: Connection) -> Answer | None:
        """An address is answered at once; for a name the answer comes with `take`."""
        answer = look_up(connection, socket.AI_NUMERICHOST)
        if answer.targets:
            return answer
        thread = threading.Thread(
            target=self._run, args=(connection,), name=f"resolve {connection.host}", daemon=True
        )
        thread.start()
        return None

    def take(self) -> list[Answer]:
        """The answers that have come in."""
        answers = []
        try:
            os.eventfd_read(self._ready)
        except BlockingIOError:
            return []
        while True:
            try:
                answers.append(self._answers.get_nowait())
            except Empty:
                return answers

    def _run(self, connection: Connection) -> None:
        self._answers.put(look_up(connection))
        os.eventfd_write(self._ready, 1)

    # The descriptor is never closed: a thread may still write to it. It goes with the process.


def look_up(connection: Connection, flags: int = 0) -> Answer:
    """Ask the C library; blocks."""
    kind = socket.SOCK_STREAM if connection.proto.is_tcp else socket.SOCK_DGRAM
    family = FAMILIES[connection.proto.family]
    try:
        found = socket.getaddrinfo(connection.host, connection.port, family, kind, 0, flags)
    except (OSError, UnicodeError) as problem:
        text = getattr(problem, "strerror", None) or str(problem)
        return Answer(connection, (), text)
    targets = tuple(
        Target(family, address)  # type: ignore[arg-type]
        for family, _, _, _, address in found
    )
    return Answer(connection, targets, "" if targets else "no address")
