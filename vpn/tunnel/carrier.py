"""Packets to one remote and back: shaped, sealed, counted.

Before: tunnel/one_remote.py OneRemote.encapsulate
After: tunnel/shape.py Shape.payloads, then data/channel.py DataChannel.seal_batch
"""

from __future__ import annotations

from collections import Counter

from vpn.config.options import Options
from vpn.control.negotiate import Agreement
from vpn.data import occ
from vpn.data.channel import DataChannel
from vpn.data.keepalive import PING, Keepalive
from vpn.errors import Drop
from vpn.events import Address
from vpn.trace import PeerLog, Tracer
from vpn.tunnel.lifetime import Lifetime, patience
from vpn.tunnel.shape import PREFERRED, Shape

AGE_INTERVAL = 1.0  # seconds
MARK_SIZE = 16
OWN = frozenset((PING, occ.MAGIC, b""))  # so begin the payloads that may be for the tunnel itself
LONGEST_OWN = 1024  # bytes; no payload that is for the tunnel itself is as long


class Carrier:
    """The data channel of one remote endpoint, with what stands around it."""

    def __init__(
        self, options: Options, address: Address, now: float, log: PeerLog,
        *, tracer: Tracer, drops: Counter[Drop],
    ) -> None:  # fmt: skip
        self.address = address
        self.log = log
        self.channel = DataChannel(options.data.replay_window)
        self.keepalive = Keepalive(options.link.ping, patience(options.link), now)
        self.lifetime = Lifetime()
        self.agreement: Agreement | None = None
        self.common_name = ""
        self.has_left = False  # the peer said goodbye
        self.bytes_received = self.bytes_sent = 0  # on the link
        self._tracer = tracer
        self._drops = drops
        self._heard_at: float | None = None
        self._age_at = now
        self._configure(options)

    def _configure(self, options: Options) -> None:
        """Take over what the options say about packets: mssfix, framing, fragments."""
        self._options = options
        agreement = self.agreement
        self._shape = Shape(
            options,
            self.address,
            self._drops,
            has_peer_id=agreement is None or agreement.peer_id is not None,
            cipher=agreement.cipher if agreement else PREFERRED,
            has_epochs=agreement is not None and agreement.has_epochs,
        )

    def encapsulate(self, packets: list[bytes], now: float) -> list[bytes]:
        """Packets of the tun -> datagrams for this peer."""
        payloads = self._shape.payloads(packets)
        datagrams = self.channel.seal_batch(payloads)
        self.keepalive.last_sent = now
        if self.lifetime.seconds:
            self.lifetime.passed(sum(map(len, packets)), now)
        self.bytes_sent += sum(map(len, datagrams))
        if self._tracer.enabled:
            for payload, datagram in zip(payloads, datagrams, strict=True):
                self._trace("sealed", now, packet=payload, datagram=datagram)
        return datagrams

    def decapsulate_batch(self, datagrams: list[bytes], now: float) -> list[bytes] | None:
        """Data datagrams -> packets for the tun, if all are as they should be and for the tun.

        None: nothing has happened, each of them has to be taken by itself.
        """
        if self._tracer.enabled or not self._shape.is_plain:
            return None
        self._age(now)
        payloads = self.channel.open_batch(datagrams)
        if payloads is None:
            return None
        self.keepalive.last_received = now
        self.bytes_received += sum(map(len, datagrams))
        packets = self._shape.clamped(payloads)
        may_be_own = min(map(len, packets)) < LONGEST_OWN
        if may_be_own and not OWN.isdisjoint({packet[:MARK_SIZE] for packet in packets}):
            packets = [packet for packet in packets if self._is_for_tun(packet)]
        if packets and self.lifetime.seconds:
            self.lifetime.passed(sum(map(len, packets)), now)
        return packets

    def _age(self, now: float) -> None:
        """Once in a while replay windows age, before what has just come is checked."""
        if now >= self._age_at:
            self._age_at = now + AGE_INTERVAL
            self.channel.age(now, self._heard_at)
        self._heard_at = now

    def decapsulate(self, datagram: bytes, now: float) -> bytes | None:
        """A data datagram -> the packet for the tun; None if it was for the tunnel itself."""
        self._age(now)
        payload = self.channel.open(datagram)
        self.keepalive.last_received = now
        self.bytes_received += len(datagram)
        packet = self._shape.packet(payload, now)
        if self._tracer.enabled:
            self._trace("opened", now, packet=packet, datagram=datagram)
        if packet[:MARK_SIZE] in OWN and not self._is_for_tun(packet):
            return None
        if self.lifetime.seconds:
            self.lifetime.passed(len(packet), now)
        return packet

    def _is_for_tun(self, packet: bytes) -> bool:
        """What is for the tunnel itself is taken here."""
        if packet == PING or not packet:
            return False
        operation = occ.operation(packet)
        if operation is not None:
            self._take_operation(operation, packet)
        return operation is None

    def _take_operation(self, operation: int, message: bytes) -> None:
        if operation == occ.EXIT:
            self.has_left = True

    def seal_payload(self, payload: bytes) -> list[bytes]:
        """A payload of the tunnel's own (ping, exit notification), sealed if there is a key."""
        if not self.channel.is_ready:
            return []
        return [self.channel.seal(piece) for piece in self._shape.payloads([payload])]

    def _trace(self, event: str, now: float, **fields: bytes) -> None:
        self._tracer.record(event, now, peer=self.common_name, remote=str(self.address), **fields)
