"""Control-channel wrapping: what tls-auth and tls-crypt share, and the case without either.

A `WrapperFactory` holds the keys and makes one `Wrapper` for each session: the packet-id counter
and the replay window belong to a session, the keys to the configuration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from vpn.config.options import Options
from vpn.errors import ConfigError, Drop, PacketError
from vpn.wire import static_key
from vpn.wire.control import HEADER_SIZE

Unwrapped: TypeAlias = tuple[bytes, bytes]
"""(clear header, rest), as wire/control.py cuts a packet."""


class Wrapper(Protocol):
    """Protects control packets of one session."""

    overhead: int  # bytes that wrapping adds

    def wrap(self, header: bytes, rest: bytes) -> bytes:
        """The datagram for a packet."""

    def unwrap(self, datagram: bytes) -> Unwrapped:
        """The packet in a datagram; PacketError if it is not genuine and new."""

    def skip(self) -> None:
        """Count one packet that was sent for this session before it had state."""


class NoWrap:
    """Plain control packets."""

    overhead = 0

    def wrap(self, header: bytes, rest: bytes) -> bytes:
        """Nothing to add."""
        return header + rest

    def unwrap(self, datagram: bytes) -> Unwrapped:
        """Cut at the header."""
        if len(datagram) <= HEADER_SIZE:
            raise PacketError(Drop.MALFORMED, "short control packet")
        return datagram[:HEADER_SIZE], datagram[HEADER_SIZE:]

    def skip(self) -> None:
        """Nothing is counted."""


@dataclass(frozen=True, slots=True)
class WrapperFactory:
    """Makes wrappers; `name` is the directive, for log lines."""

    name: str
    new: Callable[[int], Wrapper]  # the argument is the unix time that goes into packet ids


def wrapper_factory(options: Options, *, is_server: bool) -> WrapperFactory:
    """The wrapping that the options ask for."""
    from vpn.control.tls_auth import TlsAuth
    from vpn.control.tls_crypt import TlsCrypt

    tls = options.tls
    if tls.tls_crypt is not None:
        crypt_key = static_key.parse(tls.tls_crypt, "tls-crypt")
        return WrapperFactory(
            "tls-crypt", lambda timestamp: TlsCrypt(crypt_key, timestamp, is_server=is_server)
        )
    if tls.tls_auth is not None:
        digest = options.data.auth
        if digest.lower() in ("none", "[null-digest]"):
            raise ConfigError("tls-auth needs a digest; set auth", directive="tls-auth")
        send, receive = static_key.by_direction(
            static_key.parse(tls.tls_auth, "tls-auth"), tls.key_direction
        )
        return WrapperFactory(
            "tls-auth", lambda timestamp: TlsAuth(send, receive, digest, timestamp)
        )
    return WrapperFactory("none", lambda timestamp: NoWrap())
