"""What a stream says to a proxy before the tunnel may use it, as `TcpLink` sees it."""

from __future__ import annotations

from typing import Protocol


class ProxyError(Exception):
    """The proxy refused, or can't be understood; the text goes to the log."""


class ProxyAgain(Exception):
    """The proxy wants the same again on a new connection, with a password."""


class Handshake(Protocol):
    """One conversation with a proxy; `start` begins it, also for the second time."""

    reason: str  # for a restart when it fails
    is_done: bool
    rest: bytes  # what came behind the proxy's last word

    def start(self) -> bytes:
        """The first words."""

    def feed(self, chunk: bytes) -> bytes:
        """What the proxy said -> what to say next. ProxyError, ProxyAgain."""


def user_and_password(content: bytes | None) -> tuple[str, str]:
    """The two lines of a password file."""
    lines = (content or b"").decode("utf-8", "replace").splitlines()
    user, password = [*lines, "", ""][:2]
    return user, password
