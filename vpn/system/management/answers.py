"""The commands that look at the program or change how it talks: state, log, status, verb, ..."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from vpn.config.options import Options
from vpn.system.logfile import MAX_VERB, Log
from vpn.system.management.commands import END, Command, CommandError, help_lines, number
from vpn.system.management.history import History
from vpn.system.management.notices import VERSION
from vpn.system.report import TITLE
from vpn.tunnel.status import Status
from vpn.wire import messages

if TYPE_CHECKING:
    from vpn.tunnel.client import Client

RETRIES = ("none", "interact", "nointeract")
ECHO_SIZE = STATE_SIZE = 100
TEST_LINE = "[{}] The purpose of this command is to generate large amounts of output."


class Subject(Protocol):
    """What there is to look at."""

    options: Options

    def status(self) -> Status: ...
    def status_lines(self, version: int) -> list[str]: ...
    def throw(self, name: str, reason: str = "") -> None: ...


class Answers:
    """Answers one command after the other. `subject` and `client` change with every run."""

    def __init__(self, log: Log, log_size: int) -> None:
        self.log = log
        self.interval = 0  # of bytecount, seconds
        self.states = History("state", STATE_SIZE)
        self.lines = History("log", log_size)
        self.echoes = History("echo", ECHO_SIZE)
        self.subject: Subject | None = None
        self.client: Client | None = None
        self._env_level = 0
        self.commands: dict[str, Callable[[Command], list[str]]] = {
            "auth-retry": self._auth_retry,
            "bytecount": self._bytecount,
            "certificate": _not_available,
            "cr-response": self._cr_response,
            "echo": lambda command: self.echoes.command(command.args),
            "env-filter": self._env_filter,
            "forget-passwords": self._forget_passwords,
            "help": lambda _: help_lines(TITLE),
            "load-stats": self._load_stats,
            "log": lambda command: self.lines.command(command.args),
            "mute": self._mute,
            "net": _windows_only,
            "pid": lambda _: [f"SUCCESS: pid={os.getpid()}"],
            "pk-sig": _not_available,
            "pkcs11-id-count": lambda _: [">PKCS11ID-COUNT:0"],
            "pkcs11-id-get": lambda command: [
                f">PKCS11ID-ENTRY:'{command.args[0]}', ID:'', BLOB:''"
            ],
            "remote-entry-count": lambda _: [str(len(self._remotes())), END],
            "remote-entry-get": self._remote_entries,
            "rsa-sig": _not_available,
            "signal": self._signal,
            "state": self._state,
            "status": self._status,
            "test": lambda command: [
                TEST_LINE.format(n) for n in range(number(command.args[0], "n"))
            ],
            "verb": self._verb,
            "version": self._version,
        }

    # -- what there is -------------------------------------------------------------------------

    def _state(self, command: Command) -> list[str]:
        return self.states.command(command.args) if command.args else [*self.states.newest, END]

    def _status(self, command: Command) -> list[str]:
        word = command.args[0] if command.args else "0"
        if word not in ("0", "1", "2", "3"):
            raise CommandError("bad status format version number")
        return self._there().status_lines(int(word))

    def _load_stats(self, _: Command) -> list[str]:
        status = self._there().status()
        count = 0 if self.client is not None else len(status.peers)
        figures = f"bytesin={status.link_read_bytes},bytesout={status.link_write_bytes}"
        return [f"SUCCESS: nclients={count},{figures}"]

    def _version(self, command: Command) -> list[str]:
        if command.args:
            return []  # what the client speaks makes no difference here
        return [f"OpenVPN Version: {TITLE}", f"Management Version: {VERSION}", END]

    def _remotes(self) -> list[str]:
        connections = self._there().options.link.connections
        return [
            f"{place},{each.host},{each.port},{each.proto.value},enabled"
            for place, each in enumerate(connections)
        ]

    def _remote_entries(self, command: Command) -> list[str]:
        first, *last = command.args
        if first == "all":
            return [*self._remotes(), END]
        start = number(first, "index")
        stop = number(last[0], "index") if last else start + 1
        return [*self._remotes()[start:stop], END]

    # -- what can be changed -------------------------------------------------------------------

    def _bytecount(self, command: Command) -> list[str]:
        self.interval = int(command.args[0]) if command.args[0].isdecimal() else 0
        return ["SUCCESS: bytecount interval changed"]

    def _env_filter(self, command: Command) -> list[str]:
        if command.args:
            self._env_level = number(command.args[0], "level")
        return [f"SUCCESS: env_filter_level={self._env_level}"]

    def _verb(self, command: Command) -> list[str]:
        if not command.args:
            return [f"SUCCESS: verb={self.log.verb}"]
        level = number(command.args[0], "verb level")
        if level > MAX_VERB:
            raise CommandError("verb level is out of range")
        self.log.set_verb(level)
        return ["SUCCESS: verb level changed"]

    def _mute(self, command: Command) -> list[str]:
        if not command.args:
            return [f"SUCCESS: mute={self.log.mute}"]
        self.log.set_mute(number(command.args[0], "mute level"))
        return ["SUCCESS: mute level changed"]

    def _auth_retry(self, command: Command) -> list[str]:
        known = self.client.credentials if self.client is not None else None
        if not command.args:
            now = known.retry if known else self._there().options.client.auth_retry
            return [f"SUCCESS: auth-retry={now}"]
        if command.args[0] not in RETRIES:
            raise CommandError("bad auth-retry parameter")
        if known is not None:
            known.retry = command.args[0]
        return ["SUCCESS: auth-retry parameter changed"]

    def _forget_passwords(self, _: Command) -> list[str]:
        if self.client is not None:
            self.client.credentials.forget()
        return ["SUCCESS: Passwords were forgotten"]

    def _cr_response(self, command: Command) -> list[str]:
        peer = self.client.peer if self.client is not None else None
        if peer is None:
            raise CommandError("command failed")
        peer.session.send_message(f"{messages.CR_RESPONSE},{command.args[0]}")
        return ["SUCCESS: command succeeded"]

    def _signal(self, command: Command) -> list[str]:
        name = command.args[0]
        if name not in ("SIGHUP", "SIGTERM", "SIGUSR1", "SIGUSR2"):
            raise CommandError(f"signal '{name}' is not a known signal type")
        self._there().throw(name)
        return [f"SUCCESS: signal {name} thrown"]

    def _there(self) -> Subject:
        if self.subject is None:
            raise CommandError("the program is between two runs")
        return self.subject


def _not_available(command: Command) -> list[str]:
    raise CommandError(f"The {command.name} command is not currently available")


def _windows_only(_: Command) -> list[str]:
    raise CommandError("Sorry, this command is currently only implemented on Windows")
