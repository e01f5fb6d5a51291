"""Control-channel wrapping: what tls-auth and tls-crypt share, and the case without either.

A `WrapperFactory` holds the keys and makes one `Wrapper` for each session: the packet-id counter
and the replay window belong to a session, the keys to the configuration.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol, TypeAlias

from vpn.config.options import Options
from vpn.crypto import client_key
from vpn.errors import ConfigError, Drop, PacketError
from vpn.wire import static_key
from vpn.wire.control import HEADER_SIZE

Unwrapped: TypeAlias = tuple[bytes, bytes]
"""(clear header, rest), as wire/control.py cuts a packet."""


class Wrapper(Protocol):
    """Protects control packets of one session."""

    overhead: int  # bytes that wrapping adds

    @property
    def material(self) -> bytes:
        """The static key in use; empty without one."""

    @property
    def overhead_of_second(self) -> int:
        """Bytes that wrapping may add to the packet with id 1, besides."""

    @property
    def is_cookie_possible(self) -> bool:
        """Can a server answer the packet that was unwrapped without keeping anything?"""

    @property
    def reset_payload(self) -> bytes:
        """What such an answer says."""

    def wrap(self, header: bytes, rest: bytes) -> bytes:
        """The datagram for a packet."""

    def unwrap(self, datagram: bytes) -> Unwrapped:
        """The packet in a datagram; PacketError if it is not genuine and new."""

    def skip(self) -> None:
        """Count one packet that was sent for this session before it had state."""


class NoWrap:
    """Plain control packets."""

    overhead = 0
    material = b""
    overhead_of_second = 0
    is_cookie_possible = True
    reset_payload = b""

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
    probe: Callable[[int], Wrapper]  # for one packet; asks nobody about a client's key


ClientKeyCheck: TypeAlias = Callable[[bytes], bool]


def wrapper_factory(
    options: Options, *, is_server: bool, verify: ClientKeyCheck = lambda metadata: True
) -> WrapperFactory:
    """The wrapping that the options ask for. verify: may a client's key with this metadata?"""
    from vpn.control.tls_crypt_v2 import TlsCryptV2Client, TlsCryptV2Server

    text = options.tls.tls_crypt_v2
    if text is None:
        name, make = _shared(options, is_server=is_server)
        return WrapperFactory(name, make, make)
    if is_server:
        server_key = client_key.parse_server(text)
        name, make = _shared(options, is_server=True)

        def new(timestamp: int, verify: ClientKeyCheck = verify) -> Wrapper:
            fallback = None if name == "none" else make(timestamp)
            return TlsCryptV2Server(server_key, timestamp, fallback, verify)

        return WrapperFactory("tls-crypt-v2", new, partial(new, verify=lambda metadata: True))
    material, wrapped = client_key.parse_client(text)
    own = partial(TlsCryptV2Client, material, wrapped)
    return WrapperFactory("tls-crypt-v2", own, own)


def _shared(options: Options, *, is_server: bool) -> tuple[str, Callable[[int], Wrapper]]:
    """With the one key that all have, or with none."""
    from vpn.control.tls_auth import TlsAuth
    from vpn.control.tls_crypt import TlsCrypt

    tls = options.tls
    if tls.tls_crypt is not None:
        crypt_key = static_key.parse(tls.tls_crypt, "tls-crypt")
        return "tls-crypt", partial(TlsCrypt, crypt_key, is_server=is_server)
    if tls.tls_auth is not None:
        digest = options.data.auth
        if digest.lower() in ("none", "[null-digest]"):
            raise ConfigError("tls-auth needs a digest; set auth", directive="tls-auth")
        auth_key = static_key.parse(tls.tls_auth, "tls-auth")
        return "tls-auth", partial(TlsAuth, auth_key, tls.key_direction, digest)
    return "none", lambda timestamp: NoWrap()
