"""Programs of the user's that are run on the way [man: script-hooks]."""

# ruff: noqa: RUF009 - opt() answers a dataclasses.field()

from __future__ import annotations

import shlex
from dataclasses import dataclass

from vpn.config.arguments import number
from vpn.config.field import Arguments, flag, opt, opts

Command = tuple[str, ...]  # a program and its first arguments; empty: none


def parse_command(arguments: Arguments) -> Command:
    """One word of the configuration, which is a program and perhaps its arguments."""
    try:
        words = tuple(shlex.split(arguments[0]))
    except ValueError as problem:
        raise ValueError(f"{problem} in {arguments[0]}") from None
    if not words:
        raise ValueError("names no program")
    return words


def _setenv(arguments: Arguments) -> tuple[str, str]:
    return arguments[0], arguments[1] if len(arguments) > 1 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptOptions:
    """Which programs, when, and what they are told."""

    security: int = opt("script-security", number(0, 3), "0|1|2|3", default=1)
    up: Command = opt("up", parse_command, "COMMAND", default=())
    up_restart: bool = flag("up-restart")
    down: Command = opt("down", parse_command, "COMMAND", default=())
    down_pre: bool = flag("down-pre")
    route_up: Command = opt("route-up", parse_command, "COMMAND", default=())
    route_pre_down: Command = opt("route-pre-down", parse_command, "COMMAND", default=())
    ipchange: Command = opt("ipchange", parse_command, "COMMAND", default=())
    tls_verify: Command = opt("tls-verify", parse_command, "COMMAND", default=())
    tls_crypt_v2_verify: Command = opt("tls-crypt-v2-verify", parse_command, "COMMAND", default=())
    environment: tuple[tuple[str, str], ...] = opts("setenv", _setenv, "NAME [VALUE]")
