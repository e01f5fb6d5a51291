"""The server's desk: what it keeps of its clients outside the core, gate and pool file."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from vpn.config.options import Options
from vpn.events import Event, PeerLeft
from vpn.system.gate import Gate
from vpn.system.pool_file import PoolFile
from vpn.tunnel.client_environment import of_client
from vpn.tunnel.deadlines import earliest

if TYPE_CHECKING:
    from vpn.system.device import Device
    from vpn.tunnel.server import Server


class Desk:
    """Made with the server, closed with it."""

    def __init__(self, options: Options, server: Server, device: Device) -> None:
        self._server = server
        self._gate = Gate(options, server, device)
        persist = options.server.pool_persist
        self._pool_file = (
            PoolFile(*persist, server.pool, time.monotonic()) if persist and server.pool else None
        )

    def handle(self, event: Event, now: float) -> None:
        """Something that concerns a client."""
        self._gate.handle(event, now)

    @property
    def deadline(self) -> float | None:
        """When `handle_deadline` wants to be called."""
        return earliest(self._gate.deadline, self._pool_file.deadline if self._pool_file else None)

    def handle_deadline(self, now: float) -> None:
        """Late answers; the pool's file."""
        self._gate.handle_deadline(now)
        if self._pool_file is not None:
            self._pool_file.handle_deadline(now)

    def close(self) -> None:
        """The server ends; its clients are gone with it."""
        now = time.monotonic()
        for entry in self._server.clients:
            if entry.admitted:
                told = of_client(entry, now, time.time())
                address, number = entry.peer.address, entry.client_id
                self._gate.handle(PeerLeft(address, entry.name, "shutdown", number, told), now)
        self._gate.close()
        if self._pool_file is not None:
            self._pool_file.write()
