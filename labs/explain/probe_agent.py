"""A client's first words, said once more: runs on the client's node, prints what came back.

    python -m labs.explain.probe_agent CONFIG SECONDS

Speaks from the client's own configuration, with its keys, from a port of its own. It stops when
the server's part of the TLS handshake begins to come in, long before the server would know a user
or give an address away: XX"""

from __future__ import annotations

import json
import os
import socket
import struct
import sys
import time
from dataclasses import asdict, dataclass, field, replace

from vpn.config.load import load
from vpn.config.options import Connection, Options
from vpn.errors import VpnError
from vpn.events import Address
from vpn.tunnel.client import Client
from vpn.wire.opcodes import OPCODE_SHIFT, Opcode

TICK = 0.1
TURNED_SECONDS = 0.4
LENGTH = struct.Struct("!H")


@dataclass(slots=True)
class Conversation:
    """What was sent and received, as hexadecimal digits, and how it ended."""

    proto: str
    remote: str
    port: int
    local_port: int = 0
    sent: list[str] = field(default_factory=list)
    received: list[str] = field(default_factory=list)
    error: str = ""  # what the kernel said, "Connection refused" for one
    turned: int | None = None  # the direction of the key for tls-auth that was answered instead


def main() -> int:
    """Ask, listen, print. Who can't ask with this configuration says why."""
    config, seconds = sys.argv[1], float(sys.argv[2])
    try:
        options = load(["--config", config])
        said = _ask(options, seconds)
    except VpnError as problem:
        said = Conversation("udp", "", 0, error=str(problem))
    else:
        if not said.received and options.tls.tls_auth is not None:
            said.turned = _turned(options)
    print(json.dumps(asdict(said)))
    return 0


def _turned(options: Options) -> int | None:
    """The direction with which the key for tls-auth is answered."""
    for direction in {0, 1} - {options.tls.key_direction}:
        turned = replace(options, tls=replace(options.tls, key_direction=direction))
        if _ask(turned, TURNED_SECONDS).received:
            return direction
    return None


def _ask(options: Options, seconds: float) -> Conversation:
    client = Client(options, os.urandom, time.time)
    connection = options.link.connections[0]
    said = Conversation(
        "tcp" if connection.proto.is_tcp else "udp", connection.host, connection.port
    )
    until = time.monotonic() + seconds
    try:
        with _opened(connection, seconds) as link:
            said.local_port = link.getsockname()[1]
            _talk(client, link, said, until)
    except OSError as problem:
        said.error = problem.strerror or str(problem)
    return said


def _opened(connection: Connection, seconds: float) -> socket.socket:
    kind = socket.SOCK_STREAM if connection.proto.is_tcp else socket.SOCK_DGRAM
    found = socket.getaddrinfo(connection.host, connection.port, type=kind)
    family, _kind, _proto, _name, address = found[0]
    link = socket.socket(family, kind)
    link.settimeout(seconds)
    link.connect(address)
    link.settimeout(TICK)
    return link


def _talk(client: Client, link: socket.socket, said: Conversation, until: float) -> None:
    address = Address(said.remote, said.port)
    client.link_ready(address, time.monotonic())
    is_stream = link.type == socket.SOCK_STREAM
    buffer = b""
    while time.monotonic() < until and not _hears_tls(said):
        now = time.monotonic()
        client.handle_deadline(now)
        for _to, datagrams in client.datagrams_to_send(now):
            for datagram in datagrams:
                link.send(LENGTH.pack(len(datagram)) + datagram if is_stream else datagram)
                said.sent.append(datagram.hex())
        try:
            got = link.recv(65535)
        except TimeoutError:
            if len(said.sent) > 1 and not is_stream:
                # Once more: where do the packets of one flow go? A server takes each but once.
                link.send(bytes.fromhex(said.sent[-1]))
            continue
        if is_stream and not got:
            said.error = "closed by the other side"
            return
        buffer, datagrams = _cut(buffer + got) if is_stream else (b"", [got])
        said.received += [datagram.hex() for datagram in datagrams]
        client.decapsulate([(address, datagrams)], time.monotonic())


def _hears_tls(said: Conversation) -> bool:
    """Two packets of the server's TLS flight: the first is full, so large ones pass."""
    texts = [bytes.fromhex(one) for one in said.received]
    return sum(one[0] >> OPCODE_SHIFT == Opcode.P_CONTROL_V1 for one in texts if one) >= 2


def _cut(stream: bytes) -> tuple[bytes, list[bytes]]:
    """TCP: (what is left, whole packets)."""
    whole = []
    while len(stream) >= 2 and len(stream) >= 2 + LENGTH.unpack_from(stream)[0]:
        end = 2 + LENGTH.unpack_from(stream)[0]
        whole.append(stream[2:end])
        stream = stream[end:]
    return stream, whole


if __name__ == "__main__":
    sys.exit(main())
