"""Through a SOCKS 5 proxy [RFC 1928, RFC 1929]: the conversation, and the header over UDP.

The socket is tcp.py's, or socks_udp.py's. Why this is no library: docs/decisions/proxy-clients.md.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Generator
from enum import IntEnum

from vpn.errors import Drop, PacketError
from vpn.events import Address
from vpn.system.proxy import ProxyError, user_and_password

VERSION, PASSWORD_VERSION = 5, 1
NO_PASSWORD, PASSWORD = 0, 2
IPV4, NAME, IPV6 = 1, 3, 4
REPLIES = {
    1: "general SOCKS server failure",
    2: "connection not allowed by ruleset",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
}


class Command(IntEnum):
    """What the proxy should do."""

    CONNECT = 1
    UDP_ASSOCIATE = 3


class Socks5:
    """One conversation: greeting, password if the proxy wants one, request."""

    reason = "socks-error"

    def __init__(
        self, command: Command, host: str, port: int, user_pass: bytes | None = None
    ) -> None:
        self.is_done = False
        self.rest = b""
        self.bound = ("", 0)  # where the proxy relays; its own address if the host is 0.0.0.0
        self._request = bytes((VERSION, command, 0)) + packed_address(host, port)
        self._user, self._password = user_and_password(user_pass)
        self._wanted = 0
        self._begin()

    def start(self) -> bytes:
        """The greeting."""
        self._begin()
        methods = (NO_PASSWORD, PASSWORD) if self._user else (NO_PASSWORD,)
        return bytes((VERSION, len(methods), *methods))

    def feed(self, chunk: bytes) -> bytes:
        """Go on as soon as there is all that the next step waits for."""
        self.rest += chunk
        answers = b""
        while not self.is_done and len(self.rest) >= self._wanted:
            piece, self.rest = self.rest[: self._wanted], self.rest[self._wanted :]
            try:
                self._wanted, answer = self._steps.send(piece)
                answers += answer
            except StopIteration:
                self.is_done = True
        return answers

    def _begin(self) -> None:
        self.rest = b""
        self._steps = self._conversation()
        self._wanted, _ = next(self._steps)

    def _conversation(self) -> Generator[tuple[int, bytes], bytes, None]:
        """Yields (bytes to wait for, what to say first); gets these bytes."""
        version, method = yield 2, b""
        if version != VERSION:
            raise ProxyError("socks_handshake: Socks proxy returned bad status")
        if method == PASSWORD and self._user:
            yield from self._log_in()
        elif method != NO_PASSWORD:
            raise ProxyError("socks_handshake: unknown SOCKS auth method, or none that we have")
        version, reply, _, kind = yield 4, self._request
        if version != VERSION or reply:
            why = REPLIES.get(reply, f"reply {reply}")
            raise ProxyError(f"recv_socks_reply: Socks proxy returned bad reply: {why}")
        if kind == NAME:
            (size,) = yield 1, b""
            self.bound = (yield size, b"").decode("latin-1"), 0
        elif kind in (IPV4, IPV6):
            packed = yield 4 if kind == IPV4 else 16, b""
            self.bound = str(ipaddress.ip_address(packed)), 0
        else:
            raise ProxyError("recv_socks_reply: Socks proxy returned bad address type")
        self.bound = self.bound[0], int.from_bytes((yield 2, b""), "big")

    def _log_in(self) -> Generator[tuple[int, bytes], bytes, None]:
        user, password = self._user.encode(), self._password.encode()
        if not 0 < len(user) < 256 or not 0 < len(password) < 256:
            raise ProxyError("SOCKS username and/or password exceeds 255 characters, or is empty")
        packed = bytes((len(user),)) + user + bytes((len(password),)) + password
        answer = yield 2, bytes((PASSWORD_VERSION,)) + packed
        if answer[1]:
            raise ProxyError("socks_username_password_auth: server refused the authentication")


def packed_address(host: str, port: int) -> bytes:
    """Kind, address and port, as in requests and in the header of a datagram."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        name = host.encode("idna") if not host.isascii() else host.encode()
        packed = bytes((NAME, len(name))) + name
    else:
        packed = bytes((IPV4 if address.version == 4 else IPV6,)) + address.packed
    return packed + port.to_bytes(2, "big")


def datagram_header(address: Address) -> bytes:
    """What stands before each datagram that goes through the proxy."""
    return bytes(3) + packed_address(address.host, address.port)


def payload(datagram: bytes) -> bytes:
    """The datagram without that header; PacketError if it has none, or is a fragment."""
    sizes = {IPV4: 10, IPV6: 22}
    kind = datagram[3] if len(datagram) > 4 else 0
    size = 7 + datagram[4] if kind == NAME else sizes.get(kind, len(datagram) + 1)
    if len(datagram) < size or datagram[2]:
        raise PacketError(Drop.MALFORMED, "SOCKS header")
    return datagram[size:]
