"""Reliability: packets in order and exactly once over a link that loses and reorders.

One sender and one receiver per key state; packet ids count from 0. [draft: reliability-layer]

    sender    no packet goes out 6 or more behind the oldest unacknowledged one; each is sent again
              after 2, 4, 8 … seconds, or as soon as three later packets were acknowledged
    receiver  keeps up to 12 packets ahead of the next in order; acknowledges everything in its
              window, also what it had already; spare places repeat the most recent acks
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from vpn.wire.control import MAX_ACKS
from vpn.wire.opcodes import Opcode

SEND_WINDOW = 6
RECEIVE_WINDOW = 12
MAX_PIGGYBACK_ACKS = 4
EARLY_RETRANSMIT_ACKS = 3
MAX_INTERVAL = 60.0  # seconds; hand-window ends the attempt before this matters


@dataclass(slots=True)
class Unacknowledged:
    """A packet on its way. `deadline` None: not sent yet."""

    packet_id: int
    opcode: Opcode
    payload: bytes
    interval: float
    deadline: float | None = None
    later_acks: int = 0


class ReliableSender:
    """What was sent and not yet acknowledged. `interval`: seconds before the first repeat."""

    __slots__ = ("_interval", "_next_id", "_packets")

    def __init__(self, interval: float = 2.0, next_id: int = 0) -> None:
        self._interval = interval
        self._next_id = next_id
        self._packets: list[Unacknowledged] = []

    @property
    def next_id(self) -> int:
        """The id of the packet that is queued next."""
        return self._next_id

    @property
    def has_room(self) -> bool:
        """May another packet be queued? Not if it could leave the peer's receive window."""
        return not self._packets or self._next_id - self._packets[0].packet_id < SEND_WINDOW

    @property
    def is_empty(self) -> bool:
        """Has everything been acknowledged?"""
        return not self._packets

    def queue(self, opcode: Opcode, payload: bytes) -> None:
        """Give a payload its packet id; it is due at once."""
        packet = Unacknowledged(self._next_id, opcode, payload, self._interval)
        self._packets.append(packet)
        self._next_id += 1

    def acknowledge(self, acks: Iterable[int]) -> None:
        """Forget what the peer has; ids that are not held are passed over."""
        for ack in acks:
            if not any(packet.packet_id == ack for packet in self._packets):
                continue
            self._packets = [packet for packet in self._packets if packet.packet_id != ack]
            for packet in self._packets:
                if packet.packet_id < ack and packet.deadline is not None:
                    packet.later_acks += 1

    def hurry(self) -> None:
        """The peer was just heard for the first time: everything is due again at once."""
        for packet in self._packets:
            packet.deadline = None
            packet.interval = self._interval

    def due(self, now: float) -> list[Unacknowledged]:
        """The packets to send now; each call counts as having sent them."""
        packets = []
        for packet in self._packets:
            is_early = packet.later_acks >= EARLY_RETRANSMIT_ACKS
            if packet.deadline is None or now >= packet.deadline or is_early:
                if packet.deadline is not None and not is_early:
                    packet.interval = min(packet.interval * 2, MAX_INTERVAL)
                packet.deadline = now + packet.interval
                packet.later_acks = 0
                packets.append(packet)
        return packets

    def next_deadline(self) -> float | None:
        """When the next packet is due; 0.0 if one is due already."""
        if not self._packets:
            return None
        return min([packet.deadline or 0.0 for packet in self._packets])


class ReliableReceiver:
    """What came, in order, and which acks are owed."""

    __slots__ = ("_next_id", "_packets", "_recent", "pending_acks")

    def __init__(self, next_id: int = 0) -> None:
        self._next_id = next_id
        self._packets: dict[int, tuple[Opcode, bytes]] = {}
        self.pending_acks: list[int] = []
        self._recent: list[int] = []

    def receive(self, packet_id: int, opcode: Opcode, payload: bytes) -> bool:
        """Take a packet; False if it lies beyond the window. What it already had is acked again."""
        if packet_id >= self._next_id + RECEIVE_WINDOW:
            return False
        if packet_id not in self.pending_acks:
            self.pending_acks.append(packet_id)
        if packet_id >= self._next_id:
            self._packets.setdefault(packet_id, (opcode, payload))
        return True

    def pop(self) -> tuple[Opcode, bytes] | None:
        """The next packet in order, if it is here."""
        packet = self._packets.pop(self._next_id, None)
        if packet is not None:
            self._next_id += 1
        return packet

    def owe(self, packet_id: int) -> None:
        """An ack for a packet that was taken outside this receiver (a stateless reset)."""
        self.pending_acks.append(packet_id)

    def take_acks(self, limit: int = MAX_PIGGYBACK_ACKS) -> tuple[int, ...]:
        """Acks for one packet: those that are owed, and the most recent ones again."""
        owed, self.pending_acks = self.pending_acks[:limit], self.pending_acks[limit:]
        self._recent = most_recent(owed, self._recent)
        return tuple(self._recent[:limit])


def most_recent(acks: list[int], recent: list[int]) -> list[int]:
    """The recent list after these acks went out, newest first, at most eight."""
    result = list(recent)
    for ack in reversed(acks):
        if ack in result:
            result.remove(ack)
        result.insert(0, ack)
    return result[:MAX_ACKS]
