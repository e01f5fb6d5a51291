"""How a program talks to the holder of a sandbox: one JSON message there, one back.

The socket is of type SEQPACKET, so a message is a message and needs no framing. It stands in the
sandbox's private directory; whoever can open it may do everything in the sandbox.
"""

from __future__ import annotations

import json
import os
import socket
import threading
import weakref
from typing import TYPE_CHECKING, Any

from netns.errors import NetnsError

if TYPE_CHECKING:
    from pathlib import Path

LARGEST = 1 << 18
REPLY_SECONDS = 30.0


def send(connection: socket.socket, message: dict[str, Any]) -> None:
    """Send one message."""
    connection.sendall(json.dumps(message).encode())


def receive(connection: socket.socket) -> dict[str, Any] | None:
    """Receive one message; None when the other side is gone."""
    data = connection.recv(LARGEST)
    if not data:
        return None
    message: dict[str, Any] = json.loads(data)
    return message


def new_pair() -> tuple[socket.socket, socket.socket]:
    """Make the creator's connection, both ends."""
    ends = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for end in ends:
        _enlarge(end)
    return ends


def listen(path: Path) -> socket.socket:
    """Open the socket on which the holder will take requests.

    The directory is named by its file descriptor: an address holds only 108 bytes.
    """
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{directory}/{path.name}")
        path.chmod(0o600)
    finally:
        os.close(directory)
    listener.listen(64)
    return listener


def connect(path: Path) -> socket.socket:
    """Open a connection to a holder."""
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    directory = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        connection.connect(f"/proc/self/fd/{directory}/{path.name}")
    except OSError:
        connection.close()
        raise
    finally:
        os.close(directory)
    _enlarge(connection)
    return connection


def _enlarge(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST)


class Caller:
    """The asking side: `call("add_node", name="client")`. Several threads may ask."""

    def __init__(self, sandbox: str) -> None:
        self._sandbox = sandbox
        self._one_at_a_time = threading.Lock()

    def call(self, operation: str, **arguments: Any) -> Any:
        """Have the holder do something; its refusal is raised here."""
        try:
            with self._one_at_a_time:
                reply = self._ask({"do": operation, **arguments})
        except TimeoutError as error:
            raise NetnsError(
                f"sandbox {self._sandbox}: {operation}", f"no answer in {REPLY_SECONDS:g} s"
            ) from error
        except (BrokenPipeError, ConnectionResetError):
            reply = None
        if reply is None:
            raise NetnsError(f"sandbox {self._sandbox} is gone", "its holder has ended")
        if "error" in reply:
            raise NetnsError(reply["what"], reply["error"], reply.get("fix", ""))
        return reply["value"]

    def _ask(self, message: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to one message; None when the other side is gone."""
        raise NotImplementedError

    def close(self) -> None:
        """Ask no more."""
        raise NotImplementedError


class SocketCaller(Caller):
    """Asks over a socket, that of a holder on this machine."""

    def __init__(self, connection: socket.socket, sandbox: str) -> None:
        super().__init__(sandbox)
        self._connection = connection
        connection.settimeout(REPLY_SECONDS)
        # A sandbox that was opened to ask one thing need not be closed by hand.
        weakref.finalize(self, connection.close)

    def _ask(self, message: dict[str, Any]) -> dict[str, Any] | None:
        send(self._connection, message)
        return receive(self._connection)

    def close(self) -> None:
        self._connection.close()
