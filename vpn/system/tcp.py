"""The link over TCP: one stream, or a listener with many, behind one descriptor.

Before: tunnel/one_remote.py OneRemote.encapsulate
After: the wire

The descriptor is an epoll of its own, so that the loop waits for one thing and the wish to write
stays in here. Each stream has a queue. Control datagrams always enter it; data datagrams are
dropped and counted while it is full, because a slow client must not stall the others.
"""

from __future__ import annotations

import errno
import logging
import os
import select
import socket
from collections import Counter
from collections.abc import Callable

from vpn.config.options import LinkOptions
from vpn.errors import Drop, PacketError, SystemFailure
from vpn.events import Address, Incoming
from vpn.system.link import (
    Change,
    ErrorLog,
    LinkClosed,
    LinkOpened,
    SocketAddress,
    address_from,
    bind,
    explain,
    link_name,
    new_socket,
    set_options,
    set_tos,
)
from vpn.system.port_share import PortSharing, is_ours
from vpn.system.proxy import Handshake, ProxyAgain, ProxyError
from vpn.system.stream import CHUNK, Stream
from vpn.trace import NOTICE
from vpn.wire.opcodes import is_data
from vpn.wire.stream import frame

log = logging.getLogger("vpn.link")

MAX_QUEUE = 256 * 1024  # bytes on a stream beyond which data is dropped
BACKLOG = 32
ACCEPTS_PER_BATCH = 32
FRAME_ROOM = 168  # what the stock program adds to its largest tun MTU for headers and padding


class TcpLink:
    """All streams of this endpoint."""

    def __init__(
        self,
        family: int,
        drops: Counter[Drop],
        *,
        is_server: bool,
        max_length: int,
        tag: str = "",
    ) -> None:
        self.name = link_name(family, is_tcp=True, is_server=is_server)
        self._family = family
        self._tag = tag  # among a server's links; see group.py
        self._drops = drops
        self._max_length = max_length
        self._errors = ErrorLog(self.name)
        self._poll = select.epoll()
        self._listener: socket.socket | None = None
        self._sharing: PortSharing | None = None
        self._streams: dict[int, Stream] = {}  # by descriptor
        self._by_address: dict[Address, Stream] = {}
        self._changes: list[Change] = []
        self._next_connection = 1
        self._max_queue = MAX_QUEUE
        self._dial_again: Callable[[], None] = lambda: None

    @classmethod
    def connect(
        cls,
        family: int,
        remote: SocketAddress,
        options: LinkOptions,
        drops: Counter[Drop],
        *,
        local: tuple[str | None, int] | None,
        max_length: int,
        handshake: Handshake | None = None,
    ) -> TcpLink:
        """Begin to connect; a LinkOpened or a LinkClosed follows. A handshake is with a proxy."""
        link = cls(family, drops, is_server=False, max_length=max_length)
        link._dial_again = lambda: link._dial(remote, options, local, handshake)
        try:
            link._dial_again()
        except BaseException:
            link.close()
            raise
        return link

    def _dial(
        self,
        remote: SocketAddress,
        options: LinkOptions,
        local: tuple[str | None, int] | None,
        handshake: Handshake | None,
    ) -> None:
        sock = new_socket(self._family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            set_options(sock, options)
            if local is not None:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                bind(sock, *local)
        except BaseException:
            sock.close()
            raise
        stream = self._add(sock, address_from(remote, self._next_connection), is_connecting=True)
        stream.handshake = handshake
        log.log(NOTICE, "Attempting to establish TCP connection with %s", stream.address)
        failure = sock.connect_ex(remote)
        if failure not in (0, errno.EINPROGRESS):
            self._connected(stream, failure)

    @classmethod
    def listen(
        cls,
        family: int,
        options: LinkOptions,
        drops: Counter[Drop],
        *,
        local: tuple[str | None, int],
        max_length: int,
        tag: str = "",
    ) -> TcpLink:
        """Listen; a LinkOpened for every client that comes."""
        sock = new_socket(family, socket.SOCK_STREAM)
        link = cls(family, drops, is_server=True, max_length=max_length, tag=tag)
        link._listener = sock
        if options.tcp_queue_limit is not None:
            link._max_queue = options.tcp_queue_limit * max_length
        try:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, int(options.bind_ipv6only))
            set_options(sock, options)
            bind(sock, *local)
            sock.listen(BACKLOG)
        except OSError as problem:
            link.close()
            raise SystemFailure(f"TCP: listen failed: {explain(problem)}") from problem
        except BaseException:
            link.close()
            raise
        link._poll.register(sock, select.EPOLLIN)
        if options.port_share is not None:
            link._sharing = PortSharing(options.port_share)
            link._poll.register(link._sharing, select.EPOLLIN)
        return link

    @property
    def local(self) -> tuple[str, int]:
        """The listener's own address."""
        assert self._listener is not None
        host, port = self._listener.getsockname()[:2]
        return str(host), int(port)

    def fileno(self) -> int:
        """Readable when any stream, or the listener, has something to do."""
        return self._poll.fileno()

    @property
    def is_busy(self) -> bool:
        """A client whose stream is full leaves packets in the tun; a server drops instead."""
        if self._listener is not None:
            return False
        return any(len(stream.queue) >= MAX_QUEUE for stream in self._streams.values())

    def recv_batch(self, limit: int) -> list[Incoming]:
        """One chunk of every stream that has one; accept, connect and write on the way."""
        batch: list[Incoming] = []
        for descriptor, happened in self._poll.poll(0, limit):
            if self._listener is not None and descriptor == self._listener.fileno():
                self._accept()
                continue
            stream = self._streams.get(descriptor)
            if stream is None:
                if self._sharing is not None and descriptor == self._sharing.fileno():
                    self._sharing.work()
                continue
            if stream.is_connecting:
                failure = stream.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
                self._connected(stream, failure)
                continue
            if happened & select.EPOLLOUT:
                self._write(stream)
            if happened & ~select.EPOLLOUT and descriptor in self._streams:
                self._read(stream, batch)
        return batch

    def send_batch(self, address: Address, datagrams: list[bytes]) -> None:
        """Into the stream, or its queue; data is dropped while the queue is full."""
        stream = self._by_address.get(address)
        if stream is None or stream.is_closing:
            return
        if len(stream.queue) >= self._max_queue:
            kept = [datagram for datagram in datagrams if not is_data(datagram)]
            self._drops[Drop.BLOCKED] += len(datagrams) - len(kept)
            datagrams = kept
        was_empty = not stream.queue
        stream.queue += frame(datagrams)
        if was_empty and stream.queue and not stream.is_connecting:
            self._write(stream)

    def changes(self) -> list[Change]:
        """Streams that opened and closed."""
        happened, self._changes = self._changes, []
        return happened

    def close_stream(self, address: Address) -> None:
        """At once if nothing is queued, else when the queue has gone or the remote does."""
        stream = self._by_address.get(address)
        if stream is None:
            return
        stream.is_closing = True
        if stream.queue and not stream.is_connecting:
            return
        self._remove(stream)

    def adjust(self, options: LinkOptions) -> None:
        """What a server pushed about the socket."""
        for stream in self._streams.values():
            set_options(stream.socket, options)

    def set_tos(self, tos: int) -> None:
        """For what is sent from now on."""
        for stream in self._streams.values():
            set_tos(stream.socket, tos)

    def close(self) -> None:
        """Close everything; what is queued gets one last chance."""
        for stream in list(self._streams.values()):
            if not stream.is_connecting and stream.queue:
                self._write(stream)
            if stream.socket.fileno() >= 0:
                self._remove(stream)
        if self._listener is not None:
            self._listener.close()
        if self._sharing is not None:
            self._sharing.close()
        self._poll.close()

    # -- one stream ----------------------------------------------------------------------------

    def _add(self, sock: socket.socket, address: Address, *, is_connecting: bool = False) -> Stream:
        stream = Stream(sock, address, self._max_length)
        stream.is_connecting = is_connecting
        self._next_connection += 1
        self._streams[sock.fileno()] = self._by_address[address] = stream
        interest = select.EPOLLOUT if is_connecting else select.EPOLLIN
        self._poll.register(sock, interest)
        return stream

    def _remove(self, stream: Stream, reason: str = "") -> None:
        """Close it; with a reason the core is told."""
        del self._streams[stream.socket.fileno()]
        del self._by_address[stream.address]
        stream.socket.close()
        if reason and not stream.is_closing:
            self._changes.append(LinkClosed(stream.address, reason))

    def _accept(self) -> None:
        assert self._listener is not None
        for _ in range(ACCEPTS_PER_BATCH):
            try:
                sock, source = self._listener.accept()
            except BlockingIOError:
                return
            except OSError as problem:  # out of descriptors, or the client left already
                self._errors.note("accept", problem.errno or 0, self._listener.fileno())
                return
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stream = self._add(sock, address_from(source, self._next_connection, self._tag))
            log.log(NOTICE, "TCP connection established with %s", stream.address)
            self._changes.append(LinkOpened(stream.address))

    def _connected(self, stream: Stream, failure: int) -> None:
        if failure:
            text = os.strerror(failure)
            log.log(NOTICE, "TCP: connect to %s failed: %s", stream.address, text)
            self._remove(stream, "connection-failed")
            return
        stream.is_connecting = False
        self._poll.modify(stream.socket, select.EPOLLIN)
        log.log(NOTICE, "TCP connection established with %s", stream.address)
        if stream.handshake is None:
            self._changes.append(LinkOpened(stream.address))
            return
        stream.queue += stream.handshake.start()
        self._write(stream)

    def _negotiate(self, stream: Stream, handshake: Handshake, chunk: bytes) -> bytes:
        """A proxy's words; what comes behind its agreement is the server's."""
        try:
            answer = handshake.feed(chunk)
        except ProxyAgain:
            self._remove(stream)
            self._dial_again()
            return b""
        except ProxyError as problem:
            log.log(NOTICE, "%s", problem)
            self._remove(stream, handshake.reason)
            return b""
        stream.queue += answer
        if handshake.is_done:
            stream.handshake = None
            self._changes.append(LinkOpened(stream.address))
        self._write(stream)
        return handshake.rest if handshake.is_done else b""

    def _hand_over(self, stream: Stream) -> bool:
        """Did the stream go to the one whom the port is shared with?"""
        assert self._sharing is not None
        try:
            if is_ours(stream.socket.recv(3, socket.MSG_PEEK)):
                return False
        except OSError:
            return False
        log.log(NOTICE, "%s Non-OpenVPN client protocol detected", stream.address)
        self._poll.unregister(stream.socket)
        del self._streams[stream.socket.fileno()]
        del self._by_address[stream.address]
        self._changes.append(LinkClosed(stream.address, "port-share-redirect"))
        self._sharing.take(stream.socket, stream.address)
        return True

    def _read(self, stream: Stream, batch: list[Incoming]) -> None:
        if stream.is_new and self._sharing is not None and self._hand_over(stream):
            return
        stream.is_new = False
        try:
            chunk = stream.socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as problem:
            self._errors.note("read", problem.errno or 0, stream.socket.fileno())
            chunk = b""
        if not chunk:
            self._remove(stream, "connection-reset")
            return
        if stream.handshake is not None:
            chunk = self._negotiate(stream, stream.handshake, chunk)
        try:
            datagrams = stream.decoder.feed(chunk)
        except PacketError as problem:
            self._drops[problem.reason] += 1
            log.warning(
                "%s:%d WARNING: Bad encapsulated packet length from peer (%s), which must be > 0 "
                "and <= %d -- please ensure that --tun-mtu or --link-mtu is equal on both peers -- "
                "this condition could also indicate a possible active attack on the TCP link -- "
                "[Attempting restart...]",
                stream.address.host, stream.address.port,
                str(problem).rpartition(": ")[2], self._max_length,
            )  # fmt: skip
            self._remove(stream, "connection-reset")
            return
        if datagrams and not stream.is_closing:
            batch.append((stream.address, datagrams))

    def _write(self, stream: Stream) -> None:
        """Write the queue; what is left waits for the descriptor to be writable."""
        try:
            stream.write()
        except BlockingIOError:
            self._wait_to_write(stream, wait=True)
            return
        except OSError as problem:
            self._errors.note("write", problem.errno or 0, stream.socket.fileno())
            self._remove(stream, "connection-reset")
            return
        if stream.is_closing:
            self._remove(stream)
            return
        self._wait_to_write(stream, wait=False)

    def _wait_to_write(self, stream: Stream, *, wait: bool) -> None:
        if stream.is_waiting != wait:
            stream.is_waiting = wait
            interest = select.EPOLLIN | select.EPOLLOUT if wait else select.EPOLLIN
            self._poll.modify(stream.socket, interest)
