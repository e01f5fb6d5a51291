"""A server's clients: who may come in, who has to go, and what the client is told of them."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vpn.events import Event
from vpn.system.management.commands import Command, CommandError, number

if TYPE_CHECKING:
    from vpn.tunnel.clients import ClientEntry
    from vpn.tunnel.server import Server


class Clients:
    """The commands about clients. `server` is None while there is none."""

    def __init__(self, say: Callable[[list[str]], None]) -> None:
        self.server: Server | None = None
        self._say = say
        self.commands: dict[str, Callable[[Command], list[str]]] = {
            "kill": self._kill,
            "client-kill": self._client_kill,
        }

    def note(self, event: Event) -> None:
        """Something happened to a client."""

    def _kill(self, command: Command) -> list[str]:
        target = command.args[0]
        if ":" in target:
            return self._kill_address(target)
        killed = self._kill_all(lambda entry: entry.admitted and entry.name == target)
        if not killed:
            raise CommandError(f"common name '{target}' not found")
        return [f"SUCCESS: common name '{target}' found, {killed} client(s) killed"]

    def _kill_address(self, target: str) -> list[str]:
        host, port = _address(target)
        killed = self._kill_all(
            lambda entry: (
                entry.peer.address.port == port
                and entry.peer.address.host.removeprefix("::ffff:") == host
            )
        )
        if not killed:
            raise CommandError(f"client at address {target} not found")
        return [f"SUCCESS: {killed} client(s) at address {target} killed"]

    def _kill_all(self, is_meant: Callable[[ClientEntry], bool]) -> int:
        if self.server is None:
            return 0
        meant = [entry for entry in self.server.clients if is_meant(entry)]
        for entry in meant:
            self.server.dismiss(entry, time.monotonic())
        return len(meant)

    def _client_kill(self, command: Command) -> list[str]:
        wanted = number(command.args[0], "CID")
        message = command.args[1] if len(command.args) > 1 else "RESTART"
        server = self.server
        for entry in server.clients if server is not None else ():
            if entry.client_id == wanted and server is not None:
                server.dismiss(entry, time.monotonic(), message)
                return ["SUCCESS: client-kill command succeeded"]
        raise CommandError("client-kill command failed")


def _address(word: str) -> tuple[str, int]:
    """`192.0.2.1:1194`, `udp:192.0.2.1:1194`, `[2001:db8::1]:1194`."""
    for prefix in ("udp:", "tcp:", "udp4:", "udp6:", "tcp4:", "tcp6:"):
        word = word.removeprefix(prefix)
    host, _, port = word.rpartition(":")
    if not port.isdecimal():
        raise CommandError(f"error parsing port number: {port}")
    if not 0 < int(port) < 65536:
        raise CommandError(f"port number is out of range: {port}")
    return host.strip("[]"), int(port)
