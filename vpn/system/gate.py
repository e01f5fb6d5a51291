"""The gate of a server: asks scripts and files who may come in, tells scripts who has left.

auth-user-pass-verify   is this the password of that user?
client-crresponse       the answer to a challenge that such a script has sent
client-config-dir       what is special about this client
client-connect          what is special about this client, and may it come in?
client-disconnect       it is gone

A script may answer later; what it was asked is kept here until its file says yes or no.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from vpn.config.options import Options
from vpn.events import AdmissionWanted, ClientResponded, Decision, Event, PeerLeft
from vpn.system import scripts
from vpn.system.answer_files import AnswerFiles
from vpn.system.client_files import own_lines
from vpn.system.environment import of_tunnel
from vpn.tunnel.deadlines import earliest

if TYPE_CHECKING:
    from vpn.system.device import Device
    from vpn.tunnel.server import Server

log = logging.getLogger("vpn.scripts")

DEFERRED = 2  # exit code of a script that answers later; and what it writes into its file
TIME = "%Y-%m-%d %H:%M:%S"
POLL = 0.2  # seconds between looks at the files of scripts that answer later
REFUSED = Decision(is_allowed=False)


@dataclass(slots=True)
class Waiting:
    """A question that a script answers later."""

    client_id: int
    files: AnswerFiles
    settle: Callable[[AnswerFiles, bool], Decision]
    kind: str
    until: float
    is_told: bool = False  # was the client asked for patience?


class Gate:
    """Answers `AdmissionWanted` of one server."""

    def __init__(self, options: Options, server: Server, device: Device) -> None:
        self._options = options
        self._device = device
        self._access = options.access
        self._server = server
        self._waiting: list[Waiting] = []
        self.deadline: float | None = None

    def handle(self, event: Event, now: float) -> None:
        """Something that concerns a client."""
        if isinstance(event, AdmissionWanted):
            if event.question == "config":
                self._configure(event, now)
            elif self._access.user_pass_verify is not None:
                self._verify(event, now)
        elif isinstance(event, ClientResponded):
            self._pass_response(event)
        elif isinstance(event, PeerLeft) and self._access.client_disconnect:
            environment = self._environment("client-disconnect", event.environment)
            command = self._access.client_disconnect
            scripts.run("client-disconnect", command, environment, self._security)

    def handle_deadline(self, now: float) -> None:
        """Look whether late answers have come."""
        if self.deadline is None or now < self.deadline:
            return
        for one in list(self._waiting):
            self._look(one, now)
        self.deadline = now + POLL if self._waiting else None

    def close(self) -> None:
        """Nobody waits for an answer any more."""
        for one in self._waiting:
            one.files.close()
        self._waiting.clear()

    # -- passwords -----------------------------------------------------------------------------

    def _verify(self, event: AdmissionWanted, now: float) -> None:
        verifier = self._access.user_pass_verify
        assert verifier is not None
        files = self._files("control", "pending", "reason", *(["up"] if verifier.by_file else []))
        environment = self._environment("user-pass-verify", event.environment)
        environment |= {
            "auth_control_file": files.path("control"),
            "auth_pending_file": files.path("pending"),
            "auth_failed_reason_file": files.path("reason"),
        }
        command = [*verifier.command]
        if verifier.by_file:
            files.write("up", f"{event.username}\n{event.password}\n")
            command.append(files.path("up"))
        elif self._security >= scripts.PASSWORDS:
            environment |= {"username": event.username, "password": event.password}
        name = "auth-user-pass-verify"
        code = scripts.run(name, command, environment, self._security, accepted=(DEFERRED,))
        if code == DEFERRED:
            username = event.username
            log.info("TLS: Username/Password authentication deferred for username '%s'", username)
            self._wait(Waiting(event.client_id, files, _verdict, "control", 0.0), now)
            return
        self._decide(event.client_id, files, _verdict(files, code == 0), now)

    def _pass_response(self, event: ClientResponded) -> None:
        """The script reads the answer and writes into the file that the question waits for."""
        command = self._access.client_crresponse
        waiting = [one for one in self._waiting if one.client_id == event.client_id]
        if not command or not waiting:
            return
        files = self._files("response")
        files.write("response", event.response)
        environment = self._environment("client-crresponse", event.environment)
        environment["auth_control_file"] = waiting[0].files.path("control")
        words = [*command, files.path("response")]
        scripts.run("client-crresponse", words, environment, self._security)
        files.close()

    # -- what a client gets --------------------------------------------------------------------

    def _configure(self, event: AdmissionWanted, now: float) -> None:
        lines: list[str] = []
        if self._access.client_config_dir is not None:
            found = own_lines(
                self._access.client_config_dir,
                event.common_name,
                is_exclusive=self._access.ccd_exclusive,
            )
            if found is None:
                self._server.decide(event.client_id, REFUSED, now)
                return
            lines = found
        if self._access.client_connect and not _is_disabled(lines):
            self._connect(event, lines, now)
        else:
            self._server.decide(event.client_id, Decision(True, directives=tuple(lines)), now)

    def _connect(self, event: AdmissionWanted, lines: list[str], now: float) -> None:
        files = self._files("cc", "defer")
        environment = self._environment("client-connect", event.environment)
        environment |= {
            "client_connect_config_file": files.path("cc"),
            "client_connect_deferred_file": files.path("defer"),
        }
        command = [*self._access.client_connect, files.path("cc")]
        code = scripts.run("client-connect", command, environment, self._security)
        settle = partial(_configuration, lines)
        if code == 0 and files.read("defer")[:1] == str(DEFERRED):
            self._wait(Waiting(event.client_id, files, settle, "defer", 0.0), now)
            return
        allowed = code == 0 and files.answer("defer") is not False
        self._decide(event.client_id, files, settle(files, allowed), now)

    # -- answers -------------------------------------------------------------------------------

    def _wait(self, one: Waiting, now: float) -> None:
        one.until = now + self._options.tls.hand_window
        self._waiting.append(one)
        self.deadline = earliest(self.deadline, now + POLL)

    def _look(self, one: Waiting, now: float) -> None:
        pending = one.files.pending if one.kind == "control" else None
        if pending is not None and not one.is_told:
            one.is_told, one.until = True, now + pending[0]
            self._server.ask_patience(one.client_id, *pending, now)
        allowed = one.files.answer(one.kind)
        if allowed is None and now < one.until:
            return
        self._waiting.remove(one)
        self._decide(one.client_id, one.files, one.settle(one.files, bool(allowed)), now)

    def _decide(self, client_id: int, files: AnswerFiles, decision: Decision, now: float) -> None:
        files.close()
        self._server.decide(client_id, decision, now)

    def _files(self, *kinds: str) -> AnswerFiles:
        return AnswerFiles(self._access.tmp_dir, *kinds)

    @property
    def _security(self) -> int:
        return self._options.scripts.security

    def _environment(self, kind: str, client: dict[str, str]) -> dict[str, str]:
        common = of_tunnel(self._options, self._device.name, None)
        since = int(client.get("time_unix", "0"))
        told = {"script_type": kind, "time_ascii": time.strftime(TIME, time.localtime(since))}
        return common | client | told


def _verdict(files: AnswerFiles, allowed: bool) -> Decision:
    reason = "" if allowed else files.read("reason").partition("\n")[0].strip()
    return Decision(allowed, reason)


def _configuration(lines: list[str], files: AnswerFiles, allowed: bool) -> Decision:
    own = files.read("cc").splitlines() if allowed else []
    return Decision(allowed, directives=(*lines, *own))


def _is_disabled(lines: list[str]) -> bool:
    return any(line.split()[:1] == ["disable"] for line in lines)
