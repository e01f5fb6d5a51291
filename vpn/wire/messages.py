"""Control-channel messages: the texts that travel inside TLS after the keys.

A message is text and a NUL. PUSH_REPLY carries options separated by commas and is cut into several
messages with `push-continuation 2` (more follows) and `1` (the last) [draft: push].
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from vpn.wire.number import decimal

PUSH_REQUEST = "PUSH_REQUEST"
PUSH_REPLY = "PUSH_REPLY"
PUSH_UPDATE = "PUSH_UPDATE"
AUTH_FAILED = "AUTH_FAILED"
AUTH_PENDING = "AUTH_PENDING"
RESTART = "RESTART"
HALT = "HALT"
EXIT = "EXIT"
INFO = "INFO"
INFO_PRE = "INFO_PRE"
CR_RESPONSE = "CR_RESPONSE"

MAX_PUSH_MESSAGE = 1024 - 84  # options are added while the message is shorter than this
MAX_OPTIONS = 16384  # more than any server has reason to push, in memory for a while
CONTINUES = "push-continuation 2"
CONTINUATION_ENDS = "push-continuation 1"
TOKEN = re.compile("(auth-token )[^,]*")


def serialize(text: str) -> bytes:
    """One TLS write."""
    return text.encode() + b"\x00"


def shown(text: str) -> str:
    """A message as a log may show it: without the token in it."""
    return TOKEN.sub(r"\1[hidden]", text)


def split(data: bytes) -> tuple[list[str], list[bytes], bytes]:
    """Messages of a plaintext buffer -> (messages, refused, bytes of one not yet whole).

    Trailing CR and LF are stripped; a message with other non-printable bytes is refused.
    """
    *whole, unfinished = data.split(b"\x00")
    messages, refused = [], []
    for part in whole:
        stripped = part.rstrip(b"\r\n")
        if all(0x20 <= byte != 0x7F for byte in stripped):
            messages.append(stripped.decode(errors="replace"))
        else:
            refused.append(stripped)
    return messages, refused, unfinished


def push_replies(options: Iterable[str]) -> list[str]:
    """The PUSH_REPLY messages that carry these options, in order."""
    return push_messages(PUSH_REPLY, options)


def push_messages(name: str, options: Iterable[str]) -> list[str]:
    """As many messages as it takes; all but the last say that more follows."""
    batches: list[list[str]] = [[]]
    size = len(name)
    for option in options:
        if batches[-1] and size + 1 + len(option.encode()) > MAX_PUSH_MESSAGE:
            batches.append([])
            size = len(name)
        batches[-1].append(option)
        size += 1 + len(option.encode())
    if len(batches) == 1:
        return [",".join([name, *batches[0]])]
    ends = [CONTINUES] * (len(batches) - 1) + [CONTINUATION_ENDS]
    return [",".join([name, *b, end]) for b, end in zip(batches, ends, strict=True)]


class PushAssembler:
    """Collects the options of one PUSH_REPLY or PUSH_UPDATE over its continuations."""

    __slots__ = ("_options",)

    def __init__(self) -> None:
        self._options: list[str] = []

    def feed(self, text: str) -> list[str] | None:
        """Take one message; return all options once the last has come."""
        more = False
        for option in map(str.strip, text.split(",")[1:]):
            if option.startswith("push-continuation"):
                more = option == CONTINUES
            elif option and len(self._options) < MAX_OPTIONS:
                self._options.append(option)
        if more:
            return None
        options, self._options = self._options, []
        return options


@dataclass(frozen=True, slots=True)
class AuthFailure:
    """AUTH_FAILED taken apart: `TEMP[backoff 42,advance no]:text` and the plain forms."""

    text: str = ""
    is_temporary: bool = False
    backoff: float | None = None  # seconds
    advance: str = "addr"


def auth_failure(message: str) -> AuthFailure:
    """Read the text after `AUTH_FAILED`."""
    text = message.partition(",")[2]
    match = re.match(r"TEMP(?:\[([^\]]*)\])?(?::(.*))?$", text)
    if not match:
        return AuthFailure(text)
    backoff: float | None = None
    advance = "addr"
    for flag in (match[1] or "").split(","):
        name, _, value = flag.strip().partition(" ")
        if name == "backoff":
            backoff = decimal(value)
        elif name == "advance":
            advance = value
    return AuthFailure(match[2] or "", True, backoff, advance)


def restart_flags(message: str) -> tuple[str, str]:
    """`RESTART,[PN]text` -> ("PN", "text")."""
    text = message.partition(",")[2]
    match = re.match(r"\[([A-Z]*)\](.*)$", text)
    return (match[1], match[2]) if match else ("", text)


def pending_timeout(message: str) -> int | None:
    """Seconds of `AUTH_PENDING,timeout n`; None if it names none."""
    for part in message.split(",")[1:]:
        words: Sequence[str] = part.split()
        if len(words) == 2 and words[0] == "timeout":
            return decimal(words[1])
    return None
