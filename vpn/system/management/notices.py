"""The texts of the real-time notifications: a state, a log line, a client with its environment."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass

from vpn.trace import NOTICE

VERSION = 5
GREETING = f">INFO:OpenVPN Management Interface Version {VERSION} -- type 'help' for more info"
FLAGS = {logging.WARNING: "W", NOTICE: "I", logging.INFO: ""}


@dataclass(frozen=True, slots=True)
class State:
    """One state of the tunnel, at a time."""

    name: str
    detail: str = ""
    tunnel: str = ""  # addresses inside; then those outside
    remote: tuple[str, str] = ("", "")
    local: tuple[str, str] = ("", "")
    tunnel_ipv6: str = ""

    def line(self, wall: float) -> str:
        """`unixtime,STATE,detail,tunnel,remote,port,local,port[,tunnel IPv6]`."""
        fields = (self.name, self.detail, self.tunnel, *self.remote, *self.local)
        last = f",{self.tunnel_ipv6}" if self.tunnel_ipv6 else ""
        return f"{int(wall)},{','.join(fields)}{last}"


def log_line(record: logging.LogRecord) -> str:
    """`unixtime,flags,text`; the flags: I N W D, and none for what is only detail."""
    flags = "N" if record.levelno >= logging.ERROR else FLAGS.get(record.levelno, "D")
    return f"{int(record.created)},{flags},{one_line(record.getMessage())}"


def client(kind: str, fields: tuple[object, ...], environment: Mapping[str, str]) -> list[str]:
    """`>CLIENT:CONNECT,0,1` and its environment. A line break in a value would be a lie."""
    head = ",".join([kind, *map(str, fields)])
    values = [f">CLIENT:ENV,{name}={one_line(value)}" for name, value in environment.items()]
    return [f">CLIENT:{head}", *values, ">CLIENT:ENV,END"]


def up_down(kind: str, environment: Mapping[str, str]) -> list[str]:
    """`>UPDOWN:UP` and its environment."""
    values = [f">UPDOWN:ENV,{name}={one_line(value)}" for name, value in environment.items()]
    return [f">UPDOWN:{kind}", *values, ">UPDOWN:ENV,END"]


def need_credentials(challenge: str, *, shows_answer: bool, is_static: bool) -> str:
    """The question for user name and password; a static challenge goes with it."""
    asked = f" SC:{int(shows_answer)},{challenge}" if is_static else ""
    return f">PASSWORD:Need 'Auth' username/password{asked}"


def verification_failed(text: str) -> str:
    """The server did not take them; with its reason, which may be a dynamic challenge."""
    reason = f" ['{text}']" if text else ""
    return f">PASSWORD:Verification Failed: 'Auth'{reason}"


def one_line(text: str) -> str:
    """Control characters would end the line, or look like another one."""
    return "".join(letter if letter.isprintable() else "_" for letter in text)
