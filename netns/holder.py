"""The holder: pid 1 of a sandbox, which is the sandbox. Kill it, and all of it is gone.

It waits for requests (`operations.py` has them) and collects children that have ended. Until it is
told to persist it belongs to its creator and ends when the creator does, however that happens; so
a crash half-way through building leaves nothing.

    creator --- starts ---> launcher --- unshares, forks, ends ---> holder (pid 1)
       `------------------------ the creator's connection ------------'
"""

from __future__ import annotations

import os
import selectors
import signal
import socket
import sys
from pathlib import Path
from typing import Any

from netns import birth, kernel, rpc, spawn
from netns.operations import Operations

PRIVATE = ("reap",)  # public methods of Operations that are no requests


class Holder:
    """The loop of pid 1."""

    def __init__(
        self, operations: Operations, listener: socket.socket, creator: socket.socket
    ) -> None:
        self._operations = operations
        self._creator = creator
        self._persistent = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(creator, selectors.EVENT_READ, self._serve)
        self._wake_on_child()

    def _wake_on_child(self) -> None:
        reader, writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._selector.register(reader, selectors.EVENT_READ, self._reap)

    def run(self) -> None:
        while True:
            for key, _events in self._selector.select():
                key.data(key.fileobj)

    def _reap(self, reader: int) -> None:
        os.read(reader, 4096)
        self._operations.reap()

    def _accept(self, listener: socket.socket) -> None:
        connection, _address = listener.accept()
        self._selector.register(connection, selectors.EVENT_READ, self._serve)

    def _serve(self, connection: socket.socket) -> None:
        try:
            request = rpc.receive(connection)
            if request is None:
                self._lose(connection)
            else:
                rpc.send(connection, self._answer(request))
        except OSError:
            self._lose(connection)

    def _lose(self, connection: socket.socket) -> None:
        self._selector.unregister(connection)
        connection.close()
        if connection is self._creator and not self._persistent:
            os._exit(0)  # pid 1 ends, and the kernel ends all the others

    def _answer(self, request: dict[str, Any]) -> dict[str, Any]:
        name = request.pop("do")
        if name == "persist":
            self._persistent = True
            return {"value": None}
        operation = getattr(self._operations, name, None)
        if operation is None or name.startswith("_") or name in PRIVATE:
            return {"what": name, "error": "no such operation", "fix": "destroy and create anew"}
        what = " ".join([name.replace("_", " "), *_words(request)])
        try:
            return {"value": operation(**request)}
        except Exception as error:  # whatever it was: the sandbox must not end of it
            # Last of the arguments is the reason, of an OSError and a NetlinkError alike.
            return {"what": what, "error": str(error.args[-1] if error.args else error)}


def _words(request: dict[str, Any]) -> list[str]:
    """Name in an error message what a request was about."""
    return [str(value) for value in request.values() if isinstance(value, str | int)]


def main(arguments: list[str]) -> None:
    """Run as the launcher: holder NAME DIRECTORY CREATOR_FD LISTENER_FD rootless|root."""
    name, directory, creator_fd, listener_fd, mode = arguments
    creator = socket.socket(fileno=int(creator_fd))
    listener = socket.socket(fileno=int(listener_fd))
    host_proc = os.open("/proc", os.O_RDONLY | os.O_DIRECTORY)
    try:
        if mode == "rootless":
            birth.enter_user_namespace()
        birth.unshare_sandbox()
    except OSError as error:
        rpc.send(creator, {"error": error.strerror or str(error), "step": "unshare"})
        sys.exit(1)
    if os.fork() != 0:
        os._exit(0)  # at once: an interpreter would take its time to clear itself away
    hold(name, Path(directory), host_proc, creator, listener)


def hold(
    name: str, directory: Path, host_proc: int, creator: socket.socket, listener: socket.socket
) -> None:
    """Be pid 1: furnish the sandbox, say so to the creator, serve until killed."""
    os.setsid()
    kernel.set_process_name(f"lab {name}")
    try:
        missing = birth.furnish_sandbox(name, directory)
        operations = Operations(directory, host_proc)
        pid, start_time = spawn.host_identity(host_proc)
        rpc.send(creator, {"pid": pid, "start_time": start_time, "missing": missing})
        Holder(operations, listener, creator).run()
    except OSError as error:
        rpc.send(creator, {"error": str(error), "step": "furnish"})
        sys.exit(1)
