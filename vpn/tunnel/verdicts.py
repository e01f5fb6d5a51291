"""What a server's control message means for a client, as a value: restart, exit, wait, or nothing.

[draft: control-channel messages]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from vpn.config.options import TlsOptions
from vpn.events import AuthFailed, AuthPending, Event, ServerInfo
from vpn.trace import NOTICE, PeerLog
from vpn.wire import messages


@dataclass(frozen=True, slots=True)
class Restart:
    """End this attempt. `advance` None: the usual rule about the next remote."""

    reason: str
    advance: bool | None = None
    at_least: float = 0.0  # seconds of pause


@dataclass(frozen=True, slots=True)
class Refused:
    """The server does not take user name and password, or does not take this client at all."""

    text: str


@dataclass(frozen=True, slots=True)
class Exit:
    """End the process."""

    reason: str


@dataclass(frozen=True, slots=True)
class Wait:
    """The server needs this many seconds more, a second factor for example."""

    seconds: float


Verdict: TypeAlias = Restart | Refused | Exit | Wait | None


def told(text: str) -> list[Event]:
    """What the shell should know of one message, whatever follows from it."""
    name, _, rest = text.partition(",")
    if name == messages.AUTH_FAILED:
        failure = messages.auth_failure(text)
        return [] if failure.is_temporary else [AuthFailed(failure.text)]
    if name == messages.AUTH_PENDING:
        return [AuthPending(int(messages.pending_timeout(text) or 0))]
    if name in ("INFO", "INFO_PRE"):
        return [ServerInfo(rest)]
    return []


def verdict(text: str, tls: TlsOptions, log: PeerLog) -> Verdict:
    """Read one message (any but PUSH_REPLY), note it in the log, say what follows."""
    name = text.partition(",")[0]
    if name == messages.AUTH_FAILED:
        log.error("AUTH: Received control message: %s", text)
        failure = messages.auth_failure(text)
        if not failure.is_temporary:
            return Refused(failure.text)
        reason = "auth-temp-failure (server temporary reject)"
        return Restart(reason, failure.advance != "no", failure.backoff or 0)
    if name == messages.RESTART:
        flags, words = messages.restart_flags(text)
        log.log(NOTICE, "Connection reset command was pushed by server ('%s')", words)
        return Restart("server-pushed-connection-reset", "N" in flags)
    if name == messages.HALT:
        log.log(NOTICE, "Halt command was pushed by server ('%s')", messages.restart_flags(text)[1])
        return Exit("server-pushed-halt")
    if name == messages.EXIT:
        log.log(NOTICE, "CC-EEN exit message received by peer")
        return Restart("remote-exit")
    if name == messages.AUTH_PENDING:
        cap = max(tls.reneg_sec // 2, tls.hand_window)
        seconds = min(messages.pending_timeout(text) or tls.hand_window, cap)
        words = "AUTH_PENDING received, extending handshake timeout from %ds to %ds"
        log.info(words, tls.hand_window, seconds)
        return Wait(seconds)
    log.info("control message: '%s'", text)
    return None
