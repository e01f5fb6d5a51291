"""One remote: its control session, its data channel and its keepalive, joined.

Before: tunnel/client.py Client.encapsulate
After: data/channel.py DataChannel.seal

The two channels meet in `_install_keys` and nowhere else: the session has a finished negotiation,
the data channel gets the keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from vpn.config.options import Compression, Options
from vpn.control.key_state import KeyState, State
from vpn.control.negotiate import Agreement
from vpn.control.session import ControlSession
from vpn.crypto import key_material
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.data import compress, mss, occ
from vpn.data.channel import PACKET_ID_RENEGOTIATE, DataChannel
from vpn.data.keepalive import PING, Keepalive
from vpn.errors import Drop, NegotiationError, PacketError
from vpn.events import Address
from vpn.trace import NOTICE, PeerLog, Tracer
from vpn.tunnel.deadlines import earliest
from vpn.tunnel.status import PeerStatus
from vpn.wire.static_key import KEY_SIZE

Framing: TypeAlias = Callable[[bytes], bytes]
FRAMINGS: dict[Compression, tuple[Framing, Framing] | None] = {
    Compression.NONE: None,
    Compression.LZO_STUB: (compress.add_lzo_stub, compress.remove_lzo_stub),
    Compression.STUB: (compress.add_stub, compress.remove_stub),
    Compression.STUB_V2: (compress.add_stub_v2, compress.remove_stub_v2),
}
WITHOUT_A_BYTE = (Compression.NONE, Compression.STUB_V2)  # what adds nothing to most packets
ETHERNET_HEADER = 14


class Peer:
    """One remote endpoint. Client and server differ in what they do with it, not in what it is."""

    def __init__(
        self,
        options: Options,
        session: ControlSession,
        address: Address,
        now: float,
        log: PeerLog,
        *,
        is_server: bool,
        tracer: Tracer,
        reneg_after: float | None = None,
    ) -> None:
        self.session = session
        self.address = address
        self.log = log
        self.channel = DataChannel(options.data.replay_window)
        self.keepalive = Keepalive(options.link.ping, options.link.ping_restart, now)
        self.agreement: Agreement | None = None
        self.common_name = ""
        self.has_left = False  # the peer said goodbye
        self.connected_at: float | None = None
        self.bytes_received = self.bytes_sent = 0  # on the link, data channel
        self._is_server = is_server
        self._tracer = tracer
        self._reneg_after = float(options.tls.reneg_sec) if reneg_after is None else reneg_after
        self._renegotiate_at: float | None = None
        self._limits = options.tls
        self._reported: KeyState | None = None
        self._batch_at: float | None = None
        self.configure(options)

    def configure(self, options: Options) -> None:
        """Take over what the options say about packets: framing and mssfix."""
        framing = FRAMINGS[options.data.compression]
        self._add_framing: Framing | None = framing[0] if framing else None
        self._remove_framing: Framing | None = framing[1] if framing else None
        self._ip_at = ETHERNET_HEADER if options.tun.dev_type.value == "tap" else 0
        self._max_mss = _max_mss(options, self.address, self._ip_at)

    # -- data channel --------------------------------------------------------------------------

    def encapsulate(self, packets: list[bytes], now: float) -> list[bytes]:
        """Packets of the tun -> datagrams for this peer."""
        seal, add, limit, at = self.channel.seal, self._add_framing, self._max_mss, self._ip_at
        datagrams = []
        for packet in packets:
            clamped = mss.clamp(packet, limit, at) if limit else packet
            datagrams.append(seal(add(clamped) if add else clamped))
        self.keepalive.sent(now)
        self.bytes_sent += sum(map(len, datagrams))
        if self._tracer.enabled:
            for packet, datagram in zip(packets, datagrams, strict=True):
                self._trace("sealed", now, packet=packet, datagram=datagram)
        return datagrams

    def decapsulate(self, datagram: bytes, now: float) -> bytes | None:
        """A data datagram -> the packet for the tun; None if it was for the tunnel itself."""
        if now != self._batch_at:  # replay windows age before what has just come is checked
            self._batch_at = now
            self.channel.age(now)
        packet = self.channel.open(datagram)
        self.keepalive.received(now)
        self.bytes_received += len(datagram)
        if self._remove_framing:
            packet = self._remove_framing(packet)
        if self._tracer.enabled:
            self._trace("opened", now, packet=packet, datagram=datagram)
        if packet == PING or not packet:
            return None
        operation = occ.operation(packet)
        if operation is None:
            return packet
        if operation == occ.EXIT:
            self.has_left = True
        return None

    def seal_payload(self, payload: bytes) -> list[bytes]:
        """A payload of the tunnel's own (ping, exit notification), sealed if there is a key."""
        if not self.channel.is_ready:
            return []
        return [self.channel.seal(self._add_framing(payload) if self._add_framing else payload)]

    # -- control channel -----------------------------------------------------------------------

    def receive_control(self, datagram: bytes, now: float) -> None:
        """Take a control datagram."""
        if self._tracer.enabled:
            self._trace("received", now, datagram=datagram)
        is_first = not self.session.remote_session_id
        self.session.receive(datagram, now)
        if is_first:
            self.note_first_packet()
        self.keepalive.received(now)
        self._after_control(now)

    def note_first_packet(self) -> None:
        """The line that shows that something came back at all."""
        sid = self.session.remote_session_id.hex()
        self.log.info("TLS: Initial packet from %s, sid=%s %s", self.address, sid[:8], sid[8:])

    def _after_control(self, now: float) -> None:
        """Report a negotiation that has just finished; give its keys to the data channel."""
        primary = self.session.primary
        if primary is None or primary.state is not State.ACTIVE:
            return
        if self._reported is not primary:
            is_first = self._reported is None
            name, self._reported = primary.engine.common_name, primary
            if not is_first and name != self.common_name:
                words = "TLS Auth Error: TLS object CN attempted to change from '%s' to '%s'"
                primary.fail(NegotiationError(words % (self.common_name, name)))
                return
            self.common_name = name
            self.log.info("Control Channel: %s", primary.engine.describe())
            if is_first:
                self.log.log(
                    NOTICE, "[%s] Peer Connection Initiated with %s", self.common_name, self.address
                )
        if self.agreement is not None:
            self._install_keys(primary, self.agreement, now)

    @property
    def is_authenticated(self) -> bool:
        """Has a negotiation finished, whether or not its keys are in use?"""
        return self._reported is not None

    def agree(self, agreement: Agreement, now: float) -> None:
        """Cipher and key derivation are settled: make the keys of the negotiation that is done."""
        self.agreement = agreement
        self.channel.peer_id = agreement.peer_id
        self._after_control(now)

    def _install_keys(self, key_state: KeyState, agreement: Agreement, now: float) -> None:
        cipher = DATA_CIPHERS[agreement.cipher]
        keys = key_material.data_keys(
            self._derive(key_state, agreement), cipher, is_server=self._is_server
        )
        hand_window = float(self._limits.hand_window)
        overlap = min(hand_window, self._reneg_after / 2) if self._reneg_after else hand_window
        self.channel.install(
            key_state.key_id, keys, now, overlap=overlap, lame=self._limits.tran_window
        )
        key_state.mark_generated()
        self._renegotiate_at = now + self._reneg_after if self._reneg_after else None
        peer_id = "" if agreement.peer_id is None else f", peer-id: {agreement.peer_id}"
        self.log.info("Data Channel: cipher '%s'%s", agreement.cipher, peer_id)

    def _derive(self, key_state: KeyState, agreement: Agreement) -> bytes:
        if agreement.uses_exporter:
            return key_state.engine.export(key_material.EXPORTER_LABEL, KEY_SIZE)
        assert key_state.remote is not None
        local, remote = key_state.local.source, key_state.remote.source
        own_id, peer_id = self.session.local_session_id, self.session.remote_session_id
        if self._is_server:
            return key_material.from_prf(remote, local, peer_id, own_id)
        return key_material.from_prf(local, remote, own_id, peer_id)

    def status(self, tunnel_address: str, now: float) -> PeerStatus:
        """Figures for the status report."""
        return PeerStatus(
            self.address,
            self.common_name,
            tunnel_address,
            self.bytes_received,
            self.bytes_sent,
            self.connected_at or now,
            self.agreement.cipher if self.agreement else "",
        )

    def _trace(self, event: str, now: float, **fields: bytes) -> None:
        self._tracer.record(event, now, peer=self.common_name, remote=str(self.address), **fields)

    # -- time ----------------------------------------------------------------------------------

    def datagrams_to_send(self, now: float) -> list[bytes]:
        """Control packets that are due, then a ping if one is."""
        datagrams = self.session.to_send(now)
        if self._tracer.enabled:
            for datagram in datagrams:
                self._trace("sent", now, datagram=datagram)
        if self.keepalive.ping_due(now):
            datagrams += self.seal_payload(PING)
        if datagrams:
            self.keepalive.sent(now)
        return datagrams

    def next_deadline(self) -> float | None:
        """The earliest of everything this peer waits for."""
        return earliest(
            self.session.next_deadline(),
            self.channel.next_deadline(),
            self.keepalive.next_deadline(can_ping=self.channel.is_ready),
            self._renegotiate_at,
        )

    def handle_deadline(self, now: float) -> None:
        """Let time pass: hand-window, key changes, renegotiation."""
        self.session.handle_deadline(now)
        self.channel.handle_deadline(now)
        if self._renegotiate_at is not None and now >= self._renegotiate_at:
            self._renegotiate(now)

    def end_of_batch(self, now: float) -> None:
        """Once per batch: the limits that count packets and bytes."""
        self.channel.spare_packet_ids()
        slot, limits = self.channel.newest, self._limits
        if slot is None:
            return
        if (
            (limits.reneg_bytes and slot.bytes >= limits.reneg_bytes)
            or (limits.reneg_pkts and slot.packets >= limits.reneg_pkts)
            or slot.send_packet_id >= PACKET_ID_RENEGOTIATE
        ):
            self._renegotiate(now)

    def _renegotiate(self, now: float) -> None:
        self._renegotiate_at = None
        primary, slot = self.session.primary, self.channel.newest
        if primary is None or primary.state is not State.GENERATED_KEYS or slot is None:
            return
        self.log.info(
            "TLS: soft reset sec=%d/%d bytes=%d/%d pkts=%d/%d",
            now - primary.created,
            self._reneg_after,
            slot.bytes,
            self._limits.reneg_bytes or -1,
            slot.packets,
            self._limits.reneg_pkts,
        )
        self.session.renegotiate(now)


def _max_mss(options: Options, address: Address, ip_at: int) -> int:
    """The MSS that IPv4 SYNs are lowered to, bytes; 0 leaves them alone [man: --mssfix]."""
    link, size = options.link, options.link.mssfix
    if not size:
        return 0
    if link.mssfix_mode == "fixed":
        return max(size - 40, mss.MIN_MSS)
    is_ipv6 = ":" in address.host
    outer = (40 if is_ipv6 else 20) + (20 + 2 if address.connection else 8)
    target = size - (outer if link.mssfix_mode == "mtu" else 0) - 4 - 4 - 16
    framing = 0 if options.data.compression in WITHOUT_A_BYTE else 1
    return max(target - ip_at - 40 - framing, mss.MIN_MSS)


def check_size(datagram: bytes) -> None:
    """PacketError unless a data datagram is long enough to have a header."""
    if len(datagram) < 4:
        raise PacketError(Drop.MALFORMED, "short data packet")
