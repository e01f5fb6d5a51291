"""A TCP server's port shared with a web server: whoever does not speak our protocol is taken there.

[man: --port-share]. Bytes are only carried, both ways, in the same loop as everything else.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import socket
from pathlib import Path

from vpn.config.values import PortShare
from vpn.errors import SystemFailure
from vpn.events import Address
from vpn.system.link import SocketAddress, address_from
from vpn.wire.opcodes import OPCODE_SHIFT, Opcode

log = logging.getLogger("vpn.link")

CHUNK = 65536
MAX_WAITING = 256 * 1024  # bytes towards one side beyond which the other one is not read
MIN_RESET, MAX_RESET = 14, 1600  # the length of a first packet, a wrapped key in it or not
RESETS = {
    opcode << OPCODE_SHIFT
    for opcode in (Opcode.P_CONTROL_HARD_RESET_CLIENT_V2, Opcode.P_CONTROL_HARD_RESET_CLIENT_V3)
}


def is_ours(start: bytes) -> bool:
    """Do the first bytes of a stream, three at most, look like the framed reset of a client?"""
    if len(start) < 2:
        return not start or start[0] <= MAX_RESET >> 8
    length = int.from_bytes(start[:2], "big")
    return MIN_RESET <= length <= MAX_RESET and (len(start) < 3 or start[2] in RESETS)


class Half:
    """One socket of a pair, and what waits to be sent on it."""

    def __init__(self, sock: socket.socket) -> None:
        self.socket = sock
        self.waiting = bytearray()
        self.is_over = False  # nothing more will be read from it
        self.is_shut = False  # nothing more will be sent on it
        self.other = self

    @property
    def interest(self) -> int:
        """What to wait for."""
        reads = not self.is_over and len(self.other.waiting) < MAX_WAITING
        return (select.EPOLLIN if reads else 0) | (select.EPOLLOUT if self.waiting else 0)


class PortSharing:
    """All connections that were handed over, behind one descriptor."""

    def __init__(self, share: PortShare) -> None:
        self._target = _look_up(share)
        self._directory = Path(share.directory) if share.directory is not None else None
        self._poll = select.epoll()
        self._halves: dict[int, Half] = {}
        self._notes: dict[Half, Path] = {}

    def fileno(self) -> int:
        """Readable when there is something to carry."""
        return self._poll.fileno()

    def take(self, sock: socket.socket, address: Address) -> None:
        """A connection whose first bytes are still to be read."""
        server = socket.socket(self._target[0], socket.SOCK_STREAM)
        server.setblocking(False)
        failure = server.connect_ex(self._target[1])
        if failure not in (0, errno.EINPROGRESS):
            log.warning("PORT SHARE: connect to port-share server failed: %s", os.strerror(failure))
            server.close()
            sock.close()
            return
        ours, theirs = Half(sock), Half(server)
        ours.other, theirs.other = theirs, ours
        for half in (ours, theirs):
            self._halves[half.socket.fileno()] = half
            self._poll.register(half.socket, half.interest)
        if self._directory is not None:
            self._write_note(theirs, address)

    def work(self) -> None:
        """Carry what there is."""
        for descriptor, happened in self._poll.poll(0):
            half = self._halves.get(descriptor)
            if half is None:
                continue
            try:
                self._carry(half, happened)
            except BlockingIOError:
                continue
            except OSError as problem:
                log.info("PORT SHARE: %s", problem.strerror)
                self._end(half)

    def close(self) -> None:
        """End all of them."""
        for half in list(self._halves.values()):
            if half.socket.fileno() >= 0:
                self._end(half)
        self._poll.close()

    def _carry(self, half: Half, happened: int) -> None:
        if happened & select.EPOLLOUT and half.waiting:
            del half.waiting[: half.socket.send(half.waiting)]
        if happened & (select.EPOLLIN | select.EPOLLHUP | select.EPOLLERR) and not half.is_over:
            chunk = half.socket.recv(CHUNK)
            half.other.waiting += chunk
            half.is_over = not chunk
        elif happened & (select.EPOLLHUP | select.EPOLLERR) and not half.other.waiting:
            self._end(half)
            return
        for side in (half, half.other):
            if side.other.is_over and not side.waiting and not side.is_shut:
                side.is_shut = True
                side.socket.shutdown(socket.SHUT_WR)
        if half.is_shut and half.other.is_shut:
            self._end(half)
            return
        for side in (half, half.other):
            self._poll.modify(side.socket, side.interest)

    def _end(self, half: Half) -> None:
        for side in (half, half.other):
            del self._halves[side.socket.fileno()]
            side.socket.close()
            note = self._notes.pop(side, None)
            if note is not None:
                note.unlink(missing_ok=True)

    def _write_note(self, half: Half, address: Address) -> None:
        """For the web server: a file named after our end of its connection says who is there."""
        assert self._directory is not None
        note = self._directory / str(address_from(half.socket.getsockname()))
        try:
            note.write_text(str(address), encoding="ascii")
        except OSError as problem:
            log.warning("PORT SHARE: unable to write journal file in %s: %s", note, problem)
            return
        self._notes[half] = note


def _look_up(share: PortShare) -> tuple[int, SocketAddress]:
    """The web server's address, once; it is rarely far."""
    try:
        found = socket.getaddrinfo(share.host, share.port, 0, socket.SOCK_STREAM)
    except OSError as problem:
        raise SystemFailure(
            f"port-share: cannot resolve {share.host}: {problem.strerror}"
        ) from None
    return found[0][0], found[0][4]  # type: ignore[return-value]
