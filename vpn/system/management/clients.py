"""A server's clients: who may come in, who has to go, and what the client is told of them."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from vpn.events import (
    AdmissionWanted,
    ClientResponded,
    Decision,
    Event,
    PeerJoined,
    PeerLeft,
)
from vpn.system.management import notices
from vpn.system.management.commands import Command, CommandError, number
from vpn.trace import NOTICE

if TYPE_CHECKING:
    from vpn.tunnel.clients import ClientEntry
    from vpn.tunnel.server import Server


log = logging.getLogger("vpn.management")


class Clients:
    """The commands about clients. `server` is None while there is none.

    asks: is it the management's client that says who may come in [man: --management-client-auth]?
    """

    def __init__(self, say: Callable[[list[str]], None], *, asks: bool) -> None:
        self.server: Server | None = None
        self._say = say
        self._asks = asks
        self._waiting: dict[int, int] = {}  # client id -> key id of those who want to come in
        self.commands: dict[str, Callable[[Command], list[str]]] = {
            "kill": self._kill,
            "client-kill": self._client_kill,
            "client-auth": self._client_auth,
            "client-auth-nt": self._client_auth,
            "client-deny": self._client_deny,
            "client-pending-auth": self._client_pending_auth,
            "push-update-broad": self._push_update,
            "push-update-cid": self._push_update,
        }

    def note(self, event: Event) -> None:
        """Something happened to a client."""
        if not self._asks:
            return
        if isinstance(event, AdmissionWanted) and event.question == "auth":
            self._waiting[event.client_id] = event.key_id
            kind = "REAUTH" if event.is_renegotiation else "CONNECT"
            told = event.environment | {"username": event.username, "password": event.password}
            self._say(notices.client(kind, (event.client_id, event.key_id), told))
        elif isinstance(event, PeerJoined):
            self._say(notices.client("ESTABLISHED", (event.client_id,), event.environment))
            if event.tunnel_address:
                self._say([f">CLIENT:ADDRESS,{event.client_id},{event.tunnel_address},1"])
        elif isinstance(event, PeerLeft):
            self._waiting.pop(event.client_id, None)
            self._say(notices.client("DISCONNECT", (event.client_id,), event.environment))
        elif isinstance(event, ClientResponded):
            fields = (event.client_id, event.key_id, event.response)
            self._say(notices.client("CR_RESPONSE", fields, event.environment))

    # -- who may come in -----------------------------------------------------------------------

    def _client_auth(self, command: Command) -> list[str]:
        server, client_id = self._find("client-auth", command)
        del self._waiting[client_id]
        lines = tuple(line for line in command.block if line.strip())
        server.decide(client_id, Decision(True, directives=lines), time.monotonic())
        return ["SUCCESS: client-auth command succeeded"]

    def _client_deny(self, command: Command) -> list[str]:
        server, client_id = self._find("client-deny", command)
        del self._waiting[client_id]
        reason, *text = command.args[2:]
        shown = notices.one_line(reason), notices.one_line(text[0] if text else "")
        log.log(NOTICE, "MULTI: connection rejected: %s, CLI:%s", *shown)
        server.decide(client_id, Decision(False, shown[1]), time.monotonic())
        return ["SUCCESS: client-deny command succeeded"]

    def _client_pending_auth(self, command: Command) -> list[str]:
        server, client_id = self._find("client-pending-auth", command)
        text, seconds = notices.one_line(command.args[2]), number(command.args[3], "timeout")
        server.ask_patience(client_id, seconds, text, time.monotonic())
        return ["SUCCESS: client-pending-auth command succeeded"]

    def _find(self, name: str, command: Command) -> tuple[Server, int]:
        """The server, and the client that waits for this answer."""
        client_id, key_id = number(command.args[0], "CID"), number(command.args[1], "KID")
        if self.server is None or self._waiting.get(client_id) != key_id:
            raise CommandError(f"{name} command failed")
        return self.server, client_id

    # -- what they are told --------------------------------------------------------------------

    def _push_update(self, command: Command) -> list[str]:
        *who, options = command.args
        client_id = number(who[0], "CID") if who else None
        if self.server is None or not self.server.push_update(options, client_id):
            raise CommandError("push-update command failed")
        return ["SUCCESS: push-update command succeeded"]

    # -- who has to go -------------------------------------------------------------------------

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
