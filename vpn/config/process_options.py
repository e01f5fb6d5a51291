"""Directives about the process: its log [man: log-options] and its place [man: generic-options]."""

from __future__ import annotations

from dataclasses import dataclass

from vpn.config.arguments import choice, integer, number, text
from vpn.config.field import PUSHABLE, Arguments, flag, opt


def _status(arguments: Arguments) -> tuple[str, int]:
    """The file and how often it is written; a minute when nothing is said."""
    return arguments[0], integer(arguments[1], 0, 86400) if len(arguments) > 1 else 60


def _name(arguments: Arguments) -> str:
    """The name under which the system log shows the process."""
    return arguments[0] if arguments else "vpn"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogOptions:
    """Where log lines go and how many."""

    verb: int = opt("verb", number(0, 15), "LEVEL", default=1, scope=PUSHABLE)
    mute: int = opt("mute", number(0, 65535), "N", default=0, scope=PUSHABLE)
    log: str | None = opt("log", text, "FILE", default=None)
    log_append: str | None = opt("log-append", text, "FILE", default=None)
    status: tuple[str, int] | None = opt("status", _status, "FILE [SECONDS]", default=None)
    status_version: int = opt("status-version", number(1, 3), "1|2|3", default=1)
    syslog: str | None = opt("syslog", _name, "[NAME]", default=None)
    suppress_timestamps: bool = flag("suppress-timestamps")
    machine_readable: bool = flag("machine-readable-output")
    errors_to_stderr: bool = flag("errors-to-stderr")


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessOptions:
    """What the process runs as. `trace_log` and `key_log` are ours, for labs."""

    config_file: str = ""  # the first that was named, for scripts
    user: str | None = opt("user", text, "NAME", default=None)
    group: str | None = opt("group", text, "NAME", default=None)
    daemon: str | None = opt("daemon", _name, "[NAME]", default=None)
    writepid: str | None = opt("writepid", text, "FILE", default=None)
    cd: str | None = opt("cd", text, "DIRECTORY", default=None)
    chroot: str | None = opt("chroot", text, "DIRECTORY", default=None)
    remap_usr1: str | None = opt(
        "remap-usr1", choice("SIGHUP", "SIGTERM"), "SIGHUP|SIGTERM", default=None
    )
    nice: int = opt("nice", number(-20, 19), "N", default=0)
    mlock: bool = flag("mlock")
    trace_log: str | None = opt("trace-log", text, "FILE", default=None)
    key_log: str | None = opt("key-log", text, "FILE", default=None)
