"""The socket of the management interface: lines of one client in, lines out.

It listens, or with management-client it connects; over TCP or a Unix socket, with a password first
if there is one. An epoll of its own is all that the loop sees, whatever opens and closes behind it.
"""

from __future__ import annotations

import contextlib
import grp
import hmac
import logging
import os
import pwd
import selectors
import socket
import struct
import sys
from collections.abc import Callable
from getpass import getpass

from vpn.config.management_options import ManagementAddress, ManagementOptions
from vpn.errors import SystemFailure
from vpn.system.link import explain
from vpn.system.management.notices import GREETING
from vpn.trace import NOTICE

log = logging.getLogger("vpn.management")

MAX_LINE = 2048  # what a command may be long
MAX_UNSENT = 4 * 1024 * 1024  # a client that reads no more is let go
PASSWORD_TRIES = 3
CREDENTIALS = struct.Struct("=iII")  # SO_PEERCRED: process, user, group


class Connection:
    """At most one client. `on_line`, `on_open` and `on_close` are told what happens."""

    def __init__(
        self,
        options: ManagementOptions,
        on_line: Callable[[str], None],
        on_open: Callable[[], None],
        on_close: Callable[[], None],
    ) -> None:
        assert options.address is not None
        self._options = options
        self._address = options.address
        self._on_line, self._on_open, self._on_close = on_line, on_open, on_close
        self._password = _read_password(options.address)
        self._selector = selectors.EpollSelector()
        self._client: socket.socket | None = None
        self._listener: socket.socket | None = None
        self._tries = 0  # what is left of them; 0: the password was given
        self._input = bytearray()
        self._output = bytearray()
        self._ends_when_sent = False
        if options.connects_out:
            self._connect()
        else:
            self._listen()

    def fileno(self) -> int:
        """Readable when `ready` has something to do."""
        return self._selector.fileno()

    @property
    def is_open(self) -> bool:
        """Is there a client that has shown who it is?"""
        return self._client is not None and not self._tries and not self._ends_when_sent

    def ready(self) -> None:
        """Accept, read, write: whatever the sockets are ready for."""
        for key, events in self._selector.select(0):
            if key.fileobj is self._listener:
                self._accept()
            elif key.fileobj is self._client and events & selectors.EVENT_WRITE:
                self._send()
            if key.fileobj is self._client and events & selectors.EVENT_READ:
                self._receive()

    def write(self, lines: list[str]) -> None:
        """Send lines, now or when the client can take them."""
        self._output += "".join(f"{line}\r\n" for line in lines).encode("utf-8", "replace")
        self._send()

    def hang_up(self) -> None:
        """The end of this session, once what was said has gone."""
        self._ends_when_sent = True
        self._send()

    def close(self) -> None:
        """The end of the interface."""
        self._lose_client()
        self._drop_listener()
        self._selector.close()

    # -- opening -------------------------------------------------------------------------------

    def _listen(self) -> None:
        host, port, _ = self._address
        try:
            if port is None:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(host)
                self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                self._listener.bind(host)
            else:
                family = socket.AF_INET6 if ":" in host else socket.AF_INET
                name = "::" if family == socket.AF_INET6 else "0.0.0.0"
                self._listener = socket.socket(family, socket.SOCK_STREAM)
                self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                self._listener.bind((name if host == "tunnel" else host, port))
            self._listener.listen(1)
        except OSError as problem:
            text = f"MANAGEMENT: Socket bind failed on local address {self._shown}"
            raise SystemFailure(f"{text}: {explain(problem)}") from problem
        kind = "unix domain socket" if port is None else "TCP Socket"
        log.log(NOTICE, "MANAGEMENT: %s listening on %s", kind, self._shown)
        self._listener.setblocking(False)
        self._selector.register(self._listener, selectors.EVENT_READ)

    def _connect(self) -> None:
        host, port, _ = self._address
        try:
            if port is None:
                client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                client.connect(host)
            else:
                client = socket.create_connection((host, port), timeout=15)
        except OSError as problem:
            text = f"MANAGEMENT: connect to {self._shown} failed: {explain(problem)}"
            raise SystemFailure(text) from problem
        log.log(NOTICE, "MANAGEMENT: Connected to management server at %s", self._shown)
        self._take(client)

    @property
    def _shown(self) -> str:
        host, port, _ = self._address
        if port is None:
            return host
        return f"[AF_INET6]{host}:{port}" if ":" in host else f"[AF_INET]{host}:{port}"

    # -- one client ----------------------------------------------------------------------------

    def _accept(self) -> None:
        assert self._listener is not None
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        if self._client is not None or not self._may_use(client):
            client.close()
            return
        log.log(NOTICE, "MANAGEMENT: Client connected from %s", self._shown)
        self._take(client)

    def _may_use(self, client: socket.socket) -> bool:
        """management-client-user, management-client-group: who is at the other end of the path."""
        options = self._options
        if self._address.port is not None or (options.user is None and options.group is None):
            return True
        raw = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        _, uid, gid = CREDENTIALS.unpack(raw)
        try:
            is_user = options.user is None or pwd.getpwnam(options.user).pw_uid == uid
            is_group = options.group is None or grp.getgrnam(options.group).gr_gid == gid
        except KeyError:
            is_user = is_group = False
        if not (is_user and is_group):
            log.warning(
                "MANAGEMENT: UNIX domain socket client is not allowed (uid=%d, gid=%d)", uid, gid
            )
        return is_user and is_group

    def _take(self, client: socket.socket) -> None:
        client.setblocking(False)
        self._client = client
        self._input.clear()
        self._output.clear()
        self._ends_when_sent = False
        self._selector.register(client, selectors.EVENT_READ)
        if self._password is not None:
            self._tries = PASSWORD_TRIES
            self._ask_password()
        else:
            self._greet()

    def _greet(self) -> None:
        self.write([GREETING])
        self._on_open()

    def _ask_password(self) -> None:
        self._output += b"ENTER PASSWORD:"
        self._send()

    def _check_password(self, line: str) -> None:
        assert self._password is not None
        if hmac.compare_digest(line.encode(), self._password.encode()):
            self._tries = 0
            self.write(["SUCCESS: password is correct"])
            self._greet()
            return
        self._tries -= 1
        log.warning("MAN: client connection rejected after wrong password")
        if self._tries:
            self._ask_password()
        else:
            self._lose_client()

    def _receive(self) -> None:
        assert self._client is not None
        try:
            chunk = self._client.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            chunk = b""
        if not chunk:
            self._lose_client()
            return
        self._input += chunk
        while b"\n" in self._input:
            line, _, rest = bytes(self._input).partition(b"\n")
            self._input[:] = rest
            text = line.rstrip(b"\r").decode("utf-8", "replace")
            if self._tries:
                self._check_password(text)
            elif self.is_open:  # the line before may have been the last
                self._on_line(text)
        if len(self._input) > MAX_LINE:
            self._lose_client()

    def _send(self) -> None:
        if self._client is None:
            self._output.clear()
            return
        try:
            while self._output:
                del self._output[: self._client.send(self._output)]
        except BlockingIOError:
            pass
        except OSError:
            self._lose_client()
            return
        if len(self._output) > MAX_UNSENT or (self._ends_when_sent and not self._output):
            self._lose_client()
            return
        events = selectors.EVENT_READ | (selectors.EVENT_WRITE if self._output else 0)
        self._selector.modify(self._client, events)

    def _lose_client(self) -> None:
        client, self._client = self._client, None
        self._output.clear()
        if client is None:
            return
        was_open, self._tries = not self._tries, 0
        self._selector.unregister(client)
        client.close()
        log.log(NOTICE, "MANAGEMENT: Client disconnected")
        if was_open:
            self._on_close()

    def _drop_listener(self) -> None:
        listener, self._listener = self._listener, None
        if listener is None:
            return
        self._selector.unregister(listener)
        listener.close()
        if self._address.port is None:
            with contextlib.suppress(OSError):
                os.unlink(self._address.host)


def _read_password(address: ManagementAddress) -> str | None:
    """The first line of the file; `stdin`: ask on the terminal."""
    if address.password_file is None:
        return None
    if address.password_file == "stdin":
        if sys.stdin is None or not sys.stdin.isatty():
            raise SystemFailure("management: no terminal to ask for a password on")
        return getpass("Enter Management Password: ")
    try:
        with open(address.password_file, encoding="utf-8") as file:
            return file.readline().rstrip("\r\n")
    except OSError as problem:
        text = f"management: cannot read {address.password_file}: {explain(problem)}"
        raise SystemFailure(text) from problem
