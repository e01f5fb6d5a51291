"""The management interface [management-notes]: one for the process, however often it restarts.

A line of the client's -> commands.py -> an answer; an event of the program's -> a notification.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, cast

from vpn.config.options import Options
from vpn.events import (
    Address,
    AuthFailed,
    AuthPending,
    Event,
    Exiting,
    OpenLink,
    Restarting,
    ServerInfo,
    TunnelUp,
)
from vpn.system.logfile import Log
from vpn.system.management import notices
from vpn.system.management.answers import Answers, Subject
from vpn.system.management.clients import Clients
from vpn.system.management.commands import COMMANDS, END, Command, CommandError, check_role, parse
from vpn.system.management.connection import Connection
from vpn.system.management.notices import State
from vpn.system.management.questions import Questions
from vpn.tunnel.stage import stage_of

if TYPE_CHECKING:
    from vpn.system.loop import Core
    from vpn.tunnel.client import Client
    from vpn.tunnel.server import Server

log = logging.getLogger("vpn.management")

SECRET = frozenset({"password", "username", "proxy"})


class Daemon(Subject, Protocol):
    """What the interface commands: one run of the program."""

    core: Core

    def act(self, event: Event, now: float) -> None: ...


class Management:
    """Listens from the start of the process to its end."""

    def __init__(self, options: Options, log_control: Log) -> None:
        self._options = options.management
        self._is_server = options.server.mode_server
        self._daemon: Daemon | None = None
        self._stage = ""
        self._bytes_at: float | None = None
        self._block: tuple[Command, list[str]] | None = None  # a command whose lines are coming
        self._answers = Answers(log_control, options.management.log_cache)
        self._questions = Questions(options.management, self.say)
        self._clients = Clients(self.say, asks=options.management.client_auth)
        self._commands: dict[str, Callable[[Command], list[str]]] = {
            **self._answers.commands,
            **self._questions.commands,
            **self._clients.commands,
            "exit": self._exit,
            "quit": self._exit,
        }
        self._tap = _LogTap(self._log_line)
        self._show(State("CONNECTING"))
        self._connection = Connection(options.management, self._line, self._opened, self._closed)
        self.watch_log(log_control)

    def watch_log(self, log_control: Log) -> None:
        """See the log's lines, from now on; to be said again after the log was set up anew."""
        self._answers.log = log_control
        logger = logging.getLogger("vpn")
        if self._tap not in logger.handlers:
            logger.addHandler(self._tap)

    def attach(self, daemon: Daemon) -> None:
        """A run begins."""
        self._daemon = daemon
        self._is_server = daemon.options.server.mode_server
        client = None if self._is_server else cast("Client", daemon.core)
        self._answers.subject, self._answers.client = daemon, client
        self._clients.server = cast("Server", daemon.core) if self._is_server else None
        self._questions.attach(
            client, daemon.options, lambda event: daemon.act(event, time.monotonic())
        )

    def fileno(self) -> int:
        """Readable when `ready` has something to do."""
        return self._connection.fileno()

    def ready(self) -> None:
        """Something happened on the socket."""
        self._connection.ready()

    def close(self) -> None:
        """The process ends."""
        logging.getLogger("vpn").removeHandler(self._tap)
        self._daemon = None
        self._connection.close()

    def say(self, lines: list[str]) -> None:
        """Tell the client, if there is one."""
        if lines and self._connection.is_open:
            self._connection.write(lines)

    # -- what the program tells ----------------------------------------------------------------

    def keep(self, event: Event) -> bool:
        """Does this event have to wait for an answer?"""
        return self._questions.keep(event)

    def note(self, event: Event) -> None:
        """Something happened; what the client should know of it."""
        if isinstance(event, OpenLink):
            self._stage = ""
        elif isinstance(event, TunnelUp):
            self._tunnel_up(event.options)
        elif isinstance(event, Restarting):
            self._show(State("RECONNECTING", event.reason or event.signal))
            self._questions.begin_hold(event.delay)
        elif isinstance(event, Exiting):
            self._show(State("EXITING", event.reason or event.signal))
        elif isinstance(event, AuthFailed):
            self.say([notices.verification_failed(event.text)])
        elif isinstance(event, AuthPending):
            detail = f"timeout {event.seconds}" if event.seconds else ""
            self._show(State("AUTH_PENDING", detail))
        elif isinstance(event, ServerInfo):
            self.say([f">INFOMSG:{notices.one_line(event.text)}"])
        else:
            self._clients.note(event)

    def connected(self, options: Options, remote: Address | None, *, is_clean: bool) -> None:
        """The initialization sequence is complete."""
        ipv4, ipv6 = _inner(options)
        detail = "SUCCESS" if is_clean else "ERROR"
        self._stage = "CONNECTED"
        there = (remote.host.removeprefix("::ffff:"), str(remote.port)) if remote else ("", "")
        here = ("", "")
        if self._is_server:
            here = ("", str(options.link.lport or 1194))
        self._show(State("CONNECTED", detail, ipv4, there, here, ipv6))

    def show(self, name: str) -> None:
        """A state that no event tells of: RESOLVE, TCP_CONNECT."""
        self._show(State(name))

    def up_down(self, kind: str, environment: dict[str, str]) -> None:
        """management-up-down: the tun came or went."""
        if self._options.up_down:
            self.say(notices.up_down(kind, environment))

    def fatal(self, text: str) -> None:
        """The last words."""
        self.say([f">FATAL:{notices.one_line(text)}"])

    # -- time ----------------------------------------------------------------------------------

    def settle(self, now: float) -> None:
        """Once per round: has the handshake come further, is bytecount to begin?"""
        if self._daemon is not None and not self._is_server and self._stage != "CONNECTED":
            stage = stage_of(cast("Client", self._daemon.core).peer)
            if stage and stage != self._stage:
                self._stage = stage
                self._show(State(stage))
        if not self._answers.interval:
            self._bytes_at = None
        elif self._bytes_at is None:
            self._bytes_at = now + self._answers.interval

    @property
    def deadline(self) -> float | None:
        """When `handle_deadline` wants to be called."""
        return self._bytes_at

    def handle_deadline(self, now: float) -> None:
        """bytecount."""
        if self._bytes_at is None or now < self._bytes_at or self._daemon is None:
            return
        self._bytes_at = now + max(self._answers.interval, 1)
        status = self._daemon.status()
        if self._is_server:
            self.say(
                [
                    f">BYTECOUNT_CLI:{peer.client_id},{peer.bytes_received},{peer.bytes_sent}"
                    for peer in status.peers
                ]
            )
        else:
            self.say([f">BYTECOUNT:{status.link_read_bytes},{status.link_write_bytes}"])

    # -- what the client says ------------------------------------------------------------------

    def _opened(self) -> None:
        self.say(self._questions.open)

    def _closed(self) -> None:
        """The client is gone; it asked for real time, not the next one."""
        for history in (self._answers.states, self._answers.lines, self._answers.echoes):
            history.is_live = False
        self._answers.interval = 0
        self._block = None
        daemon = self._daemon
        if daemon is None:
            return
        if self._options.forget_disconnect and self._answers.client is not None:
            self._answers.client.credentials.forget()
        if self._options.signal:
            log.info("MANAGEMENT: Triggering management signal")
            daemon.throw("SIGUSR1", "management-disconnect")
        if self._options.connects_out:
            log.info("MANAGEMENT: Triggering management exit")
            daemon.throw("SIGTERM", "management-exit")

    def _line(self, line: str) -> None:
        if self._block is not None:
            self._block_line(line)
            return
        try:
            command = parse(line)
            if command is None:
                return
            shown = f"{command.name} [...]" if command.name in SECRET else line
            log.info("MANAGEMENT: CMD '%s'", notices.one_line(shown))
            if COMMANDS[command.name].is_block:
                self._block = command, []
            else:
                self._run(command)
        except CommandError as problem:
            self.say([f"ERROR: {problem}"])

    def _block_line(self, line: str) -> None:
        assert self._block is not None
        command, lines = self._block
        if line != END:
            lines.append(line)
            return
        self._block = None
        try:
            self._run(command._replace(block=tuple(lines)))
        except CommandError as problem:
            self.say([f"ERROR: {problem}"])

    def _run(self, command: Command) -> None:
        check_role(command.name, is_server=self._is_server)
        self.say(self._commands[command.name](command))

    def _exit(self, _: Command) -> list[str]:
        self._connection.hang_up()
        return []

    # -- states and the log --------------------------------------------------------------------

    def _tunnel_up(self, options: Options) -> None:
        for text in options.push.echo:
            line = self._answers.echoes.add(f"{int(time.time())},{text}")
            self.say([line] if line else [])
        token = options.push.auth_token
        if token is not None:
            self.say([f">PASSWORD:Auth-Token:{token.decode()}"])
        ipv4, ipv6 = _inner(options)
        self._show(State("ASSIGN_IP", "", ipv4, tunnel_ipv6=ipv6))
        if not self._is_server and (options.tun.routes or options.tun.routes_ipv6):
            self._show(State("ADD_ROUTES"))

    def _show(self, state: State) -> None:
        line = self._answers.states.add(state.line(time.time()))
        if line:
            log.info("MANAGEMENT: %s", line)
            self.say([line])

    def _log_line(self, record: logging.LogRecord) -> None:
        line = self._answers.lines.add(notices.log_line(record))
        self.say([line] if line else [])


def _inner(options: Options) -> tuple[str, str]:
    """Our addresses in the tunnel."""
    ipv4, ipv6 = options.tun.ifconfig, options.tun.ifconfig_ipv6
    return ipv4[0] if ipv4 else "", ipv6[0].partition("/")[0] if ipv6 else ""


class _LogTap(logging.Handler):
    """The log's lines, as they are written."""

    def __init__(self, see: Callable[[logging.LogRecord], None]) -> None:
        super().__init__()
        self._see = see

    def emit(self, record: logging.LogRecord) -> None:
        """One line."""
        self._see(record)
