"""A small core with the whole surface, and a tun that is a socket: for tests of the shell alone."""

from __future__ import annotations

import socket
from collections import Counter
from types import SimpleNamespace

from vpn.tunnel.status import Status


class EchoCore:
    """Adds a mark to packets on their way out, takes it off on their way in."""

    MARK = b"\x48"  # P_DATA_V2

    def __init__(self, remote=None):
        self.drops = Counter()
        self.remote = remote
        self.clients = []
        self.calls = []
        self.happened = []
        self.outbox = []
        self.deadline = None
        self.remotes = SimpleNamespace(addresses=1)

    @property
    def is_stirred(self):
        return bool(self.outbox or self.happened or self.deadline)

    def start(self, now):
        self.calls.append("start")

    def describe_remote(self):
        return {}

    def link_ready(self, address, now):
        self.calls.append(("link_ready", address))
        self.remote = address

    def link_lost(self, address, reason, now):
        self.calls.append(("link_lost", reason))

    def tunnel_ready(self, now):
        self.calls.append("tunnel_ready")

    def encapsulate(self, packets, now):
        return [(self.remote, [self.MARK + packet for packet in packets])] if packets else []

    def decapsulate(self, datagrams, now):
        return [datagram[1:] for _, batch in datagrams for datagram in batch]

    def datagrams_to_send(self, now):
        outbox, self.outbox = self.outbox, []
        return outbox

    def next_deadline(self):
        return self.deadline

    def handle_deadline(self, now):
        self.calls.append("deadline")
        self.deadline = None

    def events(self):
        happened, self.happened = self.happened, []
        return happened

    def restart(self, reason, now):
        self.calls.append(("restart", reason))

    def stop(self, now):
        self.calls.append("stop")

    def status(self, now):
        return Status()


class SocketTun:
    """The tun's side of a socket pair; `far` is the kernel's."""

    name = "test0"

    def __init__(self):
        self._near, self.far = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._near.setblocking(False)
        self.far.settimeout(5)

    def fileno(self):
        return self._near.fileno()

    def read_batch(self, limit):
        packets = []
        try:
            for _ in range(limit):
                packets.append(self._near.recv(2048))  # noqa: PERF401
        except BlockingIOError:
            pass
        return packets

    def write_batch(self, packets):
        for packet in packets:
            self._near.send(packet)

    def close(self):
        self._near.close()
        self.far.close()
