"""A whole conversation read from outside: control messages and inner packets.

    >>> reader = Reader(key_log="", wrap_key=None)
    >>> reader.read(bytes.fromhex("38000102030405060700" "00000000"), from_client=True).control
    <OpenVPNControl  opcode=P_CONTROL_HARD_RESET_CLIENT_V2 key_id=0 ... packet_id=0 |>

What it needs is what the two ends have: the key log of either, and their shared key if there is
one. A packet that it can't read has a `problem` that says why; it never stops the reading.
"""

from __future__ import annotations

from dataclasses import dataclass

from scapy.packet import Packet, Raw

from labs.dissect.layer import (
    OpenVPN,
    OpenVPNAuth,
    OpenVPNControl,
    OpenVPNCrypt,
    OpenVPNDataV2,
)
from labs.dissect.tls import TlsSession, read_key_log
from labs.errors import LabError
from vpn.config.options import DataOptions, Options
from vpn.config.parse import merge
from vpn.control.key_state import RESETS
from vpn.control.negotiate import Agreement, client_agreement
from vpn.control.reliable import ReliableReceiver
from vpn.control.session import dynamic_key
from vpn.control.tls_crypt import TlsCrypt
from vpn.crypto import key_material
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.client_key import ServerKey
from vpn.crypto.data_key import ReceiveKey
from vpn.crypto.mac import digest_name
from vpn.errors import PacketError, VpnError
from vpn.tunnel.newcomers import CLIENT_RESETS
from vpn.wire import key_method, messages, options_string
from vpn.wire.control import HEADER_SIZE
from vpn.wire.data import V1_SIZE, V2_SIZE
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
        self._keys: tuple[ReceiveKey, ReceiveKey] | None = None

    def keys(self, agreement: Agreement) -> tuple[ReceiveKey, ReceiveKey]:
        """(the client's, the server's). LabError while the negotiation is not seen to its end."""
        if self._keys is None:
            client, server = (
                key_material.data_keys(
                    self._material(agreement),
                    DATA_CIPHERS[agreement.cipher],
                    is_server=not is_client,
                    digest=self._digest(),
                    random_bytes=bytes,
                    unix_time=0,
                    has_epochs=agreement.has_epochs,
                )
                for is_client in (True, False)
            )
            self._keys = server[1], client[1]  # what the one opens the other has sealed
        return self._keys

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
                control = self._unwrapped(found, datagram, from_client=from_client)
                return self._control(control, from_client=from_client)
            if isinstance(found, Raw):
                return Reading(problem="no packet of OpenVPN's")
            return self._data(found, datagram, from_client=from_client)
        except (LabError, VpnError) as problem:
            return Reading(problem=str(problem))

    # -- control channel -----------------------------------------------------------------------

    def _unwrapped(self, found: Packet, datagram: bytes, *, from_client: bool) -> OpenVPNControl:
        if isinstance(found, OpenVPNControl):
            return found
        head = datagram[:HEADER_SIZE]
        if isinstance(found, OpenVPNAuth):
            at = HEADER_SIZE + len(found.hmac) + 8
            return OpenVPNControl(head + datagram[at:])
        key = self._key_of(found)
        wrapped = datagram[: len(datagram) - len(found.wrapped_client_key or b"")]
        try:
            clear, rest = TlsCrypt(key, 0, is_server=from_client).unwrap(wrapped)
        except PacketError:
            raise LabError("the packet was wrapped with another tls-crypt key") from None
        return OpenVPNControl(clear + rest)

    def _key_of(self, found: OpenVPNCrypt) -> bytes:
        if found.wrapped_client_key and self._server_key is not None:
            opened = self._server_key.unwrap(found.wrapped_client_key)
            if opened is not None:
                self._wrap_key = opened[0]
        key = self._dynamic_key if found.key_id else self._wrap_key
        if key is None:
            raise LabError("the packet is wrapped", "and its tls-crypt key is not known")
        return key

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

    def _data(self, found: OpenVPN, datagram: bytes, *, from_client: bool) -> Reading:
        negotiation = self._negotiations.get(found.key_id)
        if negotiation is None or self.agreement is None:
            raise LabError(NOT_WHOLE)
        client, server = negotiation.keys(self.agreement)
        header_size = V2_SIZE if isinstance(found, OpenVPNDataV2) else V1_SIZE
        packet_id, packet = (client if from_client else server).open(datagram, header_size)
        return Reading(packet=packet, packet_id=packet_id)
