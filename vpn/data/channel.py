"""One peer's data channel: which key seals, which key opens, and the counters.

Before: tunnel/shape.py Shape.payloads
After: crypto/aead.py AeadKey.seal (or that of another key: cbc, epoch ...)

Packet ids count from 1 under each key. Two keys may be alive at once: the newest, and the one it
replaces, which goes on sealing until the new one is `overlap` seconds old [draft: renegotiation].
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vpn.crypto.data_key import PACKET_ID_MAX, ReceiveKey, SendKey, Window
from vpn.errors import Drop, PacketError
from vpn.wire.data import V1_SIZE, V2_SIZE, header
from vpn.wire.opcodes import KEY_ID_MASK, OPCODE_SHIFT, P_DATA_V1, P_DATA_V2

RENEGOTIATE_BEFORE = 0xFFFFFF  # packet ids that are left then
STOP_BEFORE = 0xFFF  # no batch is started beyond: an id is never used twice
HEADER_SIZES = {P_DATA_V1: V1_SIZE, P_DATA_V2: V2_SIZE}
BLOCK = 16
LARGEST = 65_535  # bytes of a packet
SELDOM = 256  # packets; what takes millions of them is looked at once in so many
FORGED_RENEGOTIATE = 2**35
FORGED_MAX = 2**36  # a key that so many were tried with opens no more


@dataclass(slots=True)
class KeySlot:
    """The keys of one key id."""

    key_id: int
    send_key: SendKey
    receive_key: ReceiveKey
    window: Window
    usable_at: float  # the time from which this key seals although an older one is alive
    expires_at: float | None = None  # set when a newer key takes over
    header: bytes = b""
    packets: int = 0  # sealed and opened: what reneg-pkts counts
    bytes: int = 0  # likewise for reneg-bytes
    send_packet_id: int = field(default=0)
    limit: int = 0  # packets and blocks that the cipher allows
    max_packet_id: int = PACKET_ID_MAX
    forged: int = 0  # packets whose tag or HMAC was wrong
    watch_from: int = 0  # with fewer packets nothing can have worn it

    @property
    def is_running_out(self) -> bool:
        """Are only the last packet ids left?"""
        return self.send_packet_id >= self.max_packet_id - RENEGOTIATE_BEFORE

    def is_watched(self, max_bytes: int | None, max_packets: int) -> bool:
        """Could it be worn by now? Quick, and true at the latest when it is."""
        if self.packets < self.watch_from:
            return False
        spare = SELDOM
        if max_bytes:
            spare = min(spare, (max_bytes - self.bytes) // LARGEST)
        if max_packets:
            spare = min(spare, max_packets - self.packets)
        if self.limit:
            spare = min(spare, self.blocks_left // (2 + LARGEST // BLOCK))
        self.watch_from = self.packets + spare
        return True

    @property
    def blocks_left(self) -> int:
        """Of what the cipher allows, and an eighth to spare.

        Each packet counts as one, and its last block as a whole one: never too few.
        """
        return self.limit // 8 * 7 - (2 * self.packets + self.bytes // BLOCK)

    def is_worn(self, max_bytes: int | None, max_packets: int) -> bool:
        """Is it time for a new key: by configuration, packet ids, or what the cipher allows?"""
        return (
            bool(max_bytes and self.bytes >= max_bytes)
            or bool(max_packets and self.packets >= max_packets)
            or self.is_running_out
            or self.send_key.is_spent
            or self.forged > FORGED_RENEGOTIATE
            or bool(self.limit and self.blocks_left <= 0)
        )


class DataChannel:
    """Seals and opens packets; knows nothing of how its keys came to be."""

    def __init__(self, replay_window: tuple[int, int] = (64, 15)) -> None:
        self.peer_id: int | None = None
        self._replay_window = replay_window
        self._slots: dict[int, KeySlot] = {}
        self.newest: KeySlot | None = None  # its counters decide about renegotiation
        self._sealing: KeySlot | None = None
        self._is_unsettled = False  # a new key waits for `settle`

    def install(
        self,
        key_id: int,
        keys: tuple[SendKey, ReceiveKey],
        now: float,
        *,
        overlap: float,
        lame: float,
        limit: int = 0,
    ) -> KeySlot:
        """Add a key pair. The older one opens packets for `lame` more seconds."""
        previous = self.newest
        for slot in list(self._slots.values()):
            if slot is not previous:
                del self._slots[slot.key_id]
        if previous is not None:
            previous.expires_at = now + lame
        window = keys[1].new_window(*self._replay_window)
        slot = KeySlot(key_id, keys[0], keys[1], window, now + overlap)
        slot.limit = limit
        slot.max_packet_id = keys[0].max_packet_id
        slot.header = header(key_id, self.peer_id)
        self._slots[key_id] = self.newest = slot
        if self._sealing is None:
            self.handle_deadline(now)
        else:
            self._sealing, self._is_unsettled = previous, True
        return slot

    def settle(self, now: float) -> None:
        """After control packets were sent: choose the key to seal with, if there is a new one.

        Before they have left, the peer does not know that we are done, and has no such key.
        """
        if self._is_unsettled:
            self.handle_deadline(now)

    @property
    def is_ready(self) -> bool:
        """Can packets be sealed?"""
        return self._sealing is not None

    @property
    def sealing_key_id(self) -> int | None:
        """The key id that outbound packets carry now."""
        return self._sealing.key_id if self._sealing else None

    def seal(self, packet: bytes) -> bytes:
        """One packet -> one datagram, under the current key. Only call it when `is_ready`."""
        slot = self._sealing
        assert slot is not None
        number = slot.send_packet_id + 1
        if number > slot.max_packet_id:
            raise PacketError(Drop.KEY_NOT_READY, "packet ids used up")
        slot.send_packet_id = number
        slot.packets += 1
        slot.bytes += len(packet)
        return slot.send_key.seal(slot.header, number, packet)

    def seal_batch(self, packets: list[bytes]) -> list[bytes]:
        """The same for many."""
        if len(packets) == 1:
            return [self.seal(packets[0])]
        slot = self._sealing
        assert slot is not None
        first = slot.send_packet_id + 1
        last = slot.send_packet_id + len(packets)
        if last > slot.max_packet_id:
            raise PacketError(Drop.KEY_NOT_READY, "packet ids used up")
        slot.send_packet_id = last
        slot.packets += len(packets)
        slot.bytes += sum(map(len, packets))
        return slot.send_key.seal_batch(slot.header, first, packets)

    def open(self, datagram: bytes) -> bytes:
        """One datagram -> the packet in it; PacketError if it is not genuine and new."""
        first = datagram[0]
        slot = self._slots.get(first & KEY_ID_MASK)
        if slot is None:
            known = " ".join(map(str, self._slots))
            words = f"received key id: {first & KEY_ID_MASK}, known key ids: {known}"
            raise PacketError(Drop.UNKNOWN_KEY, words)
        size = V2_SIZE if first >> OPCODE_SHIFT == P_DATA_V2 else V1_SIZE
        return self._open(slot, datagram, size)

    def _open(self, slot: KeySlot, datagram: bytes, size: int) -> bytes:
        try:
            packet_id, packet = slot.receive_key.open(datagram, size)
        except PacketError as problem:
            slot.forged += problem.reason is Drop.AUTH
            if slot.forged > FORGED_MAX:
                self._slots.pop(slot.key_id, None)
            raise
        if packet_id == 0 or not slot.window.accept(packet_id):
            number = packet_id & PACKET_ID_MAX
            raise PacketError(Drop.REPLAY, f"{slot.receive_key.error_prefix}: #{number}")
        slot.packets += 1
        slot.bytes += len(packet)
        return packet

    def open_batch(self, datagrams: list[bytes]) -> list[bytes] | None:
        """The same for many of one key; None: open each by itself, one is not as it should be."""
        first = datagrams[0][0] if datagrams[0] else 0
        slot, size = self._slots.get(first & KEY_ID_MASK), HEADER_SIZES.get(first >> OPCODE_SHIFT)
        if slot is None or size is None:
            return None
        opened = slot.receive_key.open_batch(datagrams, size)
        if opened is None or not slot.window.accept_run(opened[0], len(datagrams)):
            return None
        slot.packets += len(datagrams)
        slot.bytes += sum(map(len, opened[1]))
        return opened[1]

    @property
    def is_running_out(self) -> bool:
        """Has the key that seals only its last packet ids left?"""
        return self._sealing is not None and self._sealing.is_running_out

    def spare_packet_ids(self) -> None:
        """Once per batch: leave a key whose packet ids run out; with no other, seal no more."""
        slot = self._sealing
        if slot is None or not slot.is_running_out:
            return
        if slot is not self.newest:
            self._sealing = self.newest
        elif slot.send_packet_id >= slot.max_packet_id - STOP_BEFORE:
            self._sealing = None

    def age(self, now: float, last: float | None) -> None:
        """Close the replay windows for what is late; `last`: when the batch before came."""
        for slot in self._slots.values():
            slot.window.age(now, last)

    def next_deadline(self) -> float | None:
        """When a key takes over or expires."""
        times = [slot.expires_at for slot in self._slots.values() if slot.expires_at is not None]
        newest, sealing = self.newest, self._sealing
        if newest is not None and sealing is not None and sealing is not newest:
            times.append(newest.usable_at)
        return min(times, default=None)

    def handle_deadline(self, now: float) -> None:
        """Drop expired keys; seal with the newest that is old enough, else with the newest."""
        self._is_unsettled = False
        for slot in list(self._slots.values()):
            if slot.expires_at is not None and now >= slot.expires_at:
                del self._slots[slot.key_id]
        newest_first = sorted(self._slots.values(), key=lambda slot: -slot.usable_at)
        settled = [slot for slot in newest_first if now >= slot.usable_at]
        choice = settled or newest_first
        self._sealing = choice[0] if choice else None
        self.spare_packet_ids()

    def clear(self) -> None:
        """Forget every key."""
        self._slots.clear()
        self.newest = self._sealing = None
