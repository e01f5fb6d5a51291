"""The key method 2 message: the first plaintext in each TLS session.

    u32  0                               literal
    u8   2                               key method
    48   pre-master secret               client only
    32   random 1
    32   random 2
    str  options string                  str = u16 length with the NUL, bytes, NUL; 0000 = absent
    str  username                        may be missing in messages from old peers, as may all below
    str  password
    str  peer info                       IV_* lines

[draft: key-method-2]
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from vpn.errors import Drop, PacketError

PREFIX = b"\x00\x00\x00\x00\x02"
PRE_MASTER_SIZE = 48
RANDOM_SIZE = 32
MAX_USER_PASS = 128


@dataclass(frozen=True, slots=True)
class KeySource:
    """One side's contribution to the data keys. Never shown: it is as secret as the keys."""

    pre_master: bytes = field(repr=False)
    random1: bytes = field(repr=False)
    random2: bytes = field(repr=False)

    @classmethod
    def generate(cls, random_bytes: Callable[[int], bytes], *, is_server: bool) -> KeySource:
        """Fresh random values; only a client has a pre-master secret."""
        pre_master = b"" if is_server else random_bytes(PRE_MASTER_SIZE)
        return cls(pre_master, random_bytes(RANDOM_SIZE), random_bytes(RANDOM_SIZE))


@dataclass(frozen=True, slots=True)
class KeyMethodMessage:
    """What one side says first inside TLS."""

    source: KeySource
    options_string: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    peer_info: str = ""


def _string(text: str) -> bytes:
    if not text:
        return b"\x00\x00"
    data = text.encode() + b"\x00"
    return len(data).to_bytes(2, "big") + data


def serialize(message: KeyMethodMessage) -> bytes:
    """One TLS write."""
    source = message.source
    parts = [PREFIX, source.pre_master, source.random1, source.random2]
    texts = (message.options_string, message.username, message.password, message.peer_info)
    return b"".join(parts + [_string(text) for text in texts])


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        piece = self.data[self.at : self.at + size]
        if len(piece) != size:
            raise PacketError(Drop.MALFORMED, "short key method 2 message")
        self.at += size
        return piece

    def string(self) -> str:
        if self.at >= len(self.data):
            return ""  # an old peer ends its message early
        size = int.from_bytes(self.take(2), "big")
        return self.take(size).partition(b"\x00")[0].decode(errors="replace")


def parse(data: bytes, *, from_client: bool) -> KeyMethodMessage:
    """Read a message; PacketError(MALFORMED) if it is not one."""
    reader = _Reader(data)
    if reader.take(len(PREFIX)) != PREFIX:
        raise PacketError(Drop.MALFORMED, "not a key method 2 message")
    pre_master = reader.take(PRE_MASTER_SIZE) if from_client else b""
    source = KeySource(pre_master, reader.take(RANDOM_SIZE), reader.take(RANDOM_SIZE))
    return KeyMethodMessage(
        source, reader.string(), reader.string(), reader.string(), reader.string()
    )
