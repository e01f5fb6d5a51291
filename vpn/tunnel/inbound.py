"""Inside the server, inbound: datagrams to their peers, packets on to the tun or to other clients.

Before: tunnel/server.py Server.decapsulate
After: tunnel/carrier.py Carrier.decapsulate_batch, then tunnel/switch.py InnerSwitch.from_client

Datagrams that come one after the other from one client are taken together.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from operator import itemgetter
from typing import TypeAlias

from vpn.config.options import Options
from vpn.data import no_route
from vpn.errors import Drop, PacketError
from vpn.events import Address, Incoming, Outgoing
from vpn.tunnel import shape
from vpn.tunnel.agenda import Agenda
from vpn.tunnel.clients import ClientEntry, ClientTable
from vpn.tunnel.membership import Membership
from vpn.tunnel.switch import InnerSwitch
from vpn.wire import data
from vpn.wire.control import SESSION_ID_SIZE
from vpn.wire.opcodes import OPCODE_SHIFT, P_DATA_V1, P_DATA_V2

HEADER = itemgetter(slice(data.V2_SIZE))  # opcode, key id, peer id

Greeted: TypeAlias = tuple[bytes | None, ClientEntry | None]
"""(what is answered to the first packet of somebody, the client that it made)"""


class Inbound:
    """What a server's link brings.

    greet: takes a control packet of no known session.
    drop: is told what is dropped, whose it was and when.
    """

    def __init__(
        self,
        options: Options,
        clients: ClientTable,
        switch: InnerSwitch,
        agenda: Agenda,
        members: Membership,
        greet: Callable[[bytes, Address, float], Greeted],
        drop: Callable[[PacketError, Address, float], None],
    ) -> None:
        self._clients = clients
        self._switch = switch
        self._agenda = agenda
        self._members = members
        self._greet = greet
        self._drop = drop
        self._blocks_ipv6 = options.tun.block_ipv6
        self._ip_at = shape.ip_offset(options)
        self._outbox: list[Outgoing] = []
        self._packets: list[bytes] = []  # for the tun, of the batch at hand

    def take(
        self, incoming: list[Incoming], now: float
    ) -> tuple[list[bytes], dict[ClientEntry, None]]:
        """(packets for the tun, the clients that said something, in that order)."""
        self._packets = []
        touched: dict[ClientEntry, None] = {}
        for address, datagrams in incoming:
            for entry in self._take(datagrams, address, now):
                touched[entry] = None
        return self._packets, touched

    @property
    def has_to_send(self) -> bool:
        """Is there something to send?"""
        return bool(self._outbox)

    def datagrams_to_send(self) -> list[Outgoing]:
        """Answers to strangers, and packets from client to client."""
        outgoing, self._outbox = self._outbox, []
        return outgoing

    def _take(self, datagrams: list[bytes], address: Address, now: float) -> list[ClientEntry]:
        """All at once if they are data of one client as it should be, else in parts."""
        if len(datagrams) > 1:
            if (entry := self._take_batch(datagrams, address, now)) is not None:
                return [entry] if self._watch(entry) else []
            runs = [list(run) for _, run in groupby(datagrams, HEADER)]
            if len(runs) > 1:
                return [entry for run in runs for entry in self._take(run, address, now)]
        touched = []
        for datagram in datagrams:
            try:
                entry = self._receive(datagram, address, now)
            except PacketError as problem:
                self._drop(problem, address, now)
            else:
                touched += [entry] if entry is not None else []
        return touched

    def _take_batch(self, run: list[bytes], address: Address, now: float) -> ClientEntry | None:
        """None: nothing has happened."""
        opcode = run[0][0] >> OPCODE_SHIFT if run[0] else 0
        if opcode != P_DATA_V2 or len(run[0]) < data.V2_SIZE:
            return None
        entry = self._clients.by_peer_id.get(data.peer_id(run[0]))
        if entry is None or entry.peer.address != address or not entry.peer.channel.is_ready:
            return None
        packets = entry.peer.decapsulate_batch(run, now)
        if packets is None:
            return None
        if not self._blocks_ipv6 and self._switch.passes_all(packets, entry):
            self._packets += packets
            return entry
        for packet in packets:
            try:
                self._forward(packet, entry, now)
            except PacketError as problem:
                self._drop(problem, address, now)
        return entry

    def _receive(self, datagram: bytes, address: Address, now: float) -> ClientEntry | None:
        opcode = datagram[0] >> OPCODE_SHIFT if datagram else 0
        if opcode in (P_DATA_V2, P_DATA_V1):
            entry = self._find_by_data(datagram, address, opcode)
            packet = entry.peer.decapsulate(datagram, now)
            is_wanting = self._watch(entry)
            if address != entry.peer.address:
                self._members.move(entry, address, now)
            if packet is not None:
                self._forward(packet, entry, now)
            return entry if is_wanting else None
        known = self._clients.by_session(address, datagram[1 : 1 + SESSION_ID_SIZE])
        if known is None:
            return self._receive_unknown(datagram, address, now)
        self._agenda.touch(known)  # also what is of no use is acknowledged
        known.peer.receive_control(datagram, now)
        self._members.judge(known, now)
        return known

    def _watch(self, entry: ClientEntry) -> bool:
        """Data passed: that is of interest when a key is worn by it, or a peer said goodbye."""
        is_wanting = entry.peer.wants_attention
        if is_wanting:
            self._agenda.touch(entry)
        return is_wanting

    def _find_by_data(self, datagram: bytes, address: Address, opcode: int) -> ClientEntry:
        entry = None
        if opcode == P_DATA_V2 and (peer_id := data.peer_id(datagram)) != data.NO_PEER_ID:
            entry = self._clients.by_peer_id.get(peer_id)
        else:
            entry = self._clients.by_address(address)
        if entry is None:
            raise PacketError(Drop.UNKNOWN_PEER, str(address))
        own = entry.peer.address
        if address != own and (address.connection or own.connection):  # a stream never floats
            raise PacketError(Drop.UNKNOWN_PEER, str(address))
        if not entry.peer.channel.is_ready:
            raise PacketError(Drop.KEY_NOT_READY, str(address))
        return entry

    def _forward(self, packet: bytes, entry: ClientEntry, now: float) -> None:
        if self._blocks_ipv6 and no_route.is_ipv6(packet, self._ip_at):
            _, answers = no_route.sift([packet], self._ip_at)
            if answers:
                self._outbox.append((entry.peer.address, entry.peer.encapsulate(answers, now)))
            raise PacketError(Drop.IPV6_BLOCKED, str(entry.peer.address))
        for_tun, others = self._switch.from_client(packet, entry, self._clients, now)
        if for_tun is not None:
            self._packets.append(for_tun)
        for other in others:
            self._outbox.append((other.peer.address, other.peer.encapsulate([packet], now)))
            self._watch(other)

    def _receive_unknown(self, datagram: bytes, address: Address, now: float) -> ClientEntry | None:
        answer, entry = self._greet(datagram, address, now)
        if answer is not None:
            self._outbox.append((address, [answer]))
        if entry is not None:
            self._agenda.touch(entry)
        return entry
