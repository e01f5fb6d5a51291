"""A whole conversation read from outside: control messages and inner packets.

    >>> reader = Reader(key_log="", wrap_key=None)
    >>> reader.read(bytes.fromhex("38000102030405060700" "00000000"), from_client=True).control
    <OpenVPNControl  opcode=P_CONTROL_HARD_RESET_CLIENT_V2 key_id=0 ... packet_id=0 |>

What it needs is what the two ends have: the key log of either, and their shared key if there is
one. A packet that it can't read has a `problem` that says why; it never stops the reading.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from scapy.packet import Raw

from labs.dissect.layer import (
    OpenVPN,
    OpenVPNAuth,
    OpenVPNControl,
    OpenVPNCrypt,
    OpenVPNDataV2,
)
from labs.dissect.tls import TlsSession, read_key_log
from labs.dissect.wrap import unwrapped
from labs.errors import LabError
from vpn.config.options import DataOptions, Options
from vpn.config.parse import merge
from vpn.control.key_state import RESETS
from vpn.control.negotiate import Agreement, client_agreement
from vpn.control.reliable import ReliableReceiver
from vpn.control.session import dynamic_key
from vpn.crypto import key_material
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.client_key import ServerKey
from vpn.crypto.data_key import PACKET_ID_MAX, ReceiveKey, SendKey
from vpn.crypto.epoch import COUNTER_BITS, COUNTER_MAX, EpochSendKey
from vpn.crypto.feedback import FeedbackKey
from vpn.crypto.mac import digest_name
from vpn.errors import VpnError
from vpn.tunnel.newcomers import CLIENT_RESETS
from vpn.wire import key_method, messages, options_string
from vpn.wire.data import V1_SIZE, V2_SIZE, header
from vpn.wire.key_method import KeyMethodMessage
from vpn.wire.opcodes import Opcode, next_key_id
from vpn.wire.static_key import KEY_SIZE

NOT_WHOLE = "the negotiation of this key was not captured whole"


@dataclass(frozen=True, slots=True)
class Reading:
    """What one datagram holds."""

    control: OpenVPNControl | None = None  # out of its wrapper
    said: tuple[KeyMethodMessage | str, ...] = ()  # what became whole with it
    packet: bytes | None = None  # of the tun, as it was before it was sealed
    packet_id: int | None = None  # of a data packet
    problem: str = ""


class Side:
    """What one end has said in one negotiation."""

    def __init__(self) -> None:
        self.received = ReliableReceiver()
        self.session_id = b""
        self.key_method: KeyMethodMessage | None = None


class Negotiation:
    """One key id: its TLS session, and the data keys that come of it."""

    def __init__(self, tls: TlsSession) -> None:
        self.tls = tls
        self.client, self.server = Side(), Side()
        self._opening: dict[bool, ReceiveKey] = {}

    def opens(self, agreement: Agreement, *, from_client: bool) -> ReceiveKey:
        """What opens one side's packets. LabError while the negotiation is not seen to its end."""
        if from_client not in self._opening:
            self._opening[from_client] = self._keys(agreement, is_server=from_client)[1]
        return self._opening[from_client]

    def seal(
        self, header: bytes, packet_id: int, packet: bytes, agreement: Agreement, *, is_server: bool
    ) -> bytes:
        """As one side does, without a memory of what was sealed before."""
        key, _ = self._keys(agreement, is_server=is_server, unix_time=packet_id >> 32)
        if isinstance(key, EpochSendKey):
            key.advance(packet_id >> COUNTER_BITS)
            packet_id &= COUNTER_MAX
        elif isinstance(key, FeedbackKey):
            packet_id &= PACKET_ID_MAX
        return key.seal(header, packet_id, packet)

    def _keys(
        self, agreement: Agreement, *, is_server: bool, unix_time: int = 0
    ) -> tuple[SendKey, ReceiveKey]:
        return key_material.data_keys(
            self._material(agreement),
            DATA_CIPHERS[agreement.cipher],
            is_server=is_server,
            digest=self._digest(),
            random_bytes=secrets.token_bytes,
            unix_time=unix_time,
            has_epochs=agreement.has_epochs,
        )

    def _digest(self) -> str:
        """What `auth` says at the server's end, as far as it tells."""
        server = self.server.key_method
        named = options_string.value(server.options_string, "auth") if server else None
        return digest_name(named or "none")

    def _material(self, agreement: Agreement) -> bytes:
        if agreement.uses_exporter:
            return self.tls.export(key_material.EXPORTER_LABEL, KEY_SIZE)
        client, server = self.client.key_method, self.server.key_method
        if client is None or server is None:
            raise LabError(NOT_WHOLE)
        return key_material.from_prf(
            client.source, server.source, self.client.session_id, self.server.session_id
        )


class Reader:
    """One client's conversation with one server. Give it every datagram, in order.

    key_log: the text that --key-log wrote. wrap_key: the 256 bytes of the tls-crypt key, or of the
    tls-auth key, which renegotiations need. server_key: with tls-crypt-v2 that of the server; the
    clients' keys are in their packets.
    """

    def __init__(
        self,
        key_log: str = "",
        wrap_key: bytes | None = None,
        server_key: ServerKey | None = None,
    ) -> None:
        self._log = read_key_log(key_log)
        self._wrap_key = wrap_key
        self._server_key = server_key
        self._dynamic_key: bytes | None = None
        self._negotiations: dict[int, Negotiation] = {}  # by key id
        self._newest = 0  # key id
        self._assembler = messages.PushAssembler()
        self.agreement: Agreement | None = None
        self.options = Options(data=DataOptions(data_ciphers=tuple(DATA_CIPHERS)))

    def read(self, datagram: bytes, *, from_client: bool) -> Reading:
        """What this datagram holds, now that all before it are known."""
        found = OpenVPN(datagram)
        try:
            if isinstance(found, OpenVPNControl | OpenVPNAuth | OpenVPNCrypt):
                control = unwrapped(found, self._key_of(found), from_client=from_client)
                return self._control(control, from_client=from_client)
            if isinstance(found, Raw):
                return Reading(problem="no packet of OpenVPN's")
            return self._data(found, datagram, from_client=from_client)
        except (LabError, VpnError) as problem:
            return Reading(problem=str(problem))

    # -- control channel -----------------------------------------------------------------------

    def _key_of(self, found: OpenVPN) -> bytes | None:
        wrapped = isinstance(found, OpenVPNCrypt) and found.wrapped_client_key
        if wrapped and self._server_key is not None:
            opened = self._server_key.unwrap(wrapped)
            if opened is not None:
                self._wrap_key = opened[0]
        return self._dynamic_key if found.key_id else self._wrap_key

    def _control(self, control: OpenVPNControl, *, from_client: bool) -> Reading:
        negotiation = self._negotiation(control)
        side = negotiation.client if from_client else negotiation.server
        side.session_id = control.session_id
        if control.opcode != Opcode.P_ACK_V1:
            opcode = Opcode(control.opcode)
            side.received.receive(control.packet_id, opcode, bytes(control.payload))
        said: list[KeyMethodMessage | str] = []
        try:
            while (message := side.received.pop()) is not None:
                payload = b"" if message[0] in {*RESETS, *CLIENT_RESETS} else message[1]
                for text in negotiation.tls.feed(payload, from_client=from_client):
                    said += self._said(side, text, from_client=from_client)
        except LabError as problem:
            return Reading(control, tuple(said), problem=str(problem))
        return Reading(control, tuple(said))

    def _negotiation(self, control: OpenVPNControl) -> Negotiation:
        """That of the packet's key id; a reset that is no repeat begins a new one."""
        known = self._negotiations.get(control.key_id)
        if control.opcode in CLIENT_RESETS:
            if known is None or known.client.session_id != control.session_id:
                self._negotiations.clear()
                self._newest, self._dynamic_key, self.agreement = 0, None, None
                known = None
        elif control.opcode == Opcode.P_CONTROL_SOFT_RESET_V1:
            if control.key_id == next_key_id(self._newest):
                self._newest, known = control.key_id, None
        elif known is None:
            raise LabError(NOT_WHOLE)
        if known is None:
            known = self._negotiations[control.key_id] = Negotiation(TlsSession(self._log))
        return known

    def _said(self, side: Side, text: bytes, *, from_client: bool) -> list[KeyMethodMessage | str]:
        if side.key_method is None:
            side.key_method = key_method.parse(text, from_client=from_client)
            return [side.key_method]
        texts, _, _ = messages.split(text)
        for one in texts:
            if one.startswith(messages.PUSH_REPLY) and not from_client:
                self._take_push(one)
        return list(texts)

    def _take_push(self, text: str) -> None:
        """Learn what the two agree on as the client does."""
        pushed = self._assembler.feed(text)
        first = self._negotiations.get(0)
        if pushed is None or self.agreement is not None or first is None:
            return
        self.options = merge(self.options, pushed)
        server = first.server.key_method
        self.agreement = client_agreement(self.options, server.options_string if server else "")
        if self.agreement is not None and self.agreement.has_dynamic_wrap:
            self._dynamic_key = dynamic_key(first.tls.export, self._wrap_key)

    # -- data channel --------------------------------------------------------------------------

    def seal(
        self, packet: bytes, packet_id: int, *, from_client: bool, key_id: int | None = None
    ) -> OpenVPN:
        """A data packet as one end would send it; LabError if its key is not known.

        packet, packet_id: as in a `Reading`; the other end takes no id twice. key_id: the newest,
        unless it is said.
        """
        agreement, key_id = self._agreed(), self._newest if key_id is None else key_id
        negotiation, front = self._negotiation_of(key_id), header(key_id, agreement.peer_id)
        is_server = not from_client
        return OpenVPN(negotiation.seal(front, packet_id, packet, agreement, is_server=is_server))

    def _data(self, found: OpenVPN, datagram: bytes, *, from_client: bool) -> Reading:
        negotiation = self._negotiation_of(found.key_id)
        key = negotiation.opens(self._agreed(), from_client=from_client)
        header_size = V2_SIZE if isinstance(found, OpenVPNDataV2) else V1_SIZE
        packet_id, packet = key.open(datagram, header_size)
        return Reading(packet=packet, packet_id=packet_id)

    def _negotiation_of(self, key_id: int) -> Negotiation:
        if key_id not in self._negotiations:
            raise LabError(NOT_WHOLE)
        return self._negotiations[key_id]

    def _agreed(self) -> Agreement:
        if self.agreement is None:
            raise LabError(NOT_WHOLE)
        return self.agreement
