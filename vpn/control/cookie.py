"""The stateless hard reset: a server keeps nothing for a client until it proves its address.

The server's session id is an HMAC of the time slot, the client's address and its session id; a
client that echoes it must have received our reset. [draft: three-way handshake]
"""

from __future__ import annotations

import hmac

from vpn.control.wrap import WrapperFactory
from vpn.errors import Drop, PacketError
from vpn.events import Address
from vpn.wire import control
from vpn.wire.control import SESSION_ID_SIZE, ControlPacket
from vpn.wire.opcodes import Opcode, first_byte

SLOTS_ACCEPTED = 3  # the current time slot and two before it
FIRST_ID_LIMIT = 1  # a first packet's own id and its acks are 0 or 1


class StatelessReset:
    """Answers hard resets and recognises the clients that come back with the answer."""

    def __init__(
        self,
        key: bytes,
        wrappers: WrapperFactory,
        hand_window: float,
        *,
        forces_cookie: bool = False,
    ) -> None:
        self._key = key
        self._forces_cookie = forces_cookie
        self._wrappers = wrappers
        self._slot_length = (hand_window + 1) // 2

    def session_id(self, address: Address, client_session_id: bytes, slot: int) -> bytes:
        """Our session id for a client in a time slot."""
        text = f"{slot}|{address.host}|{address.port}|".encode() + client_session_id
        return hmac.digest(self._key, text, "sha256")[:SESSION_ID_SIZE]

    def receive(
        self, datagram: bytes, address: Address, now: float, timestamp: int
    ) -> tuple[bytes | None, ControlPacket | None]:
        """A control datagram from an unknown session -> (answer, packet that opens a session).

        One of the two is None. PacketError for anything else. A client that could not prove itself
        later, as it brings its key in its first packet only, opens a session with its reset.
        """
        wrapper = self._wrappers.probe(timestamp)
        packet = control.parse(*wrapper.unwrap(datagram))
        slot = int(now // self._slot_length)
        if packet.opcode is Opcode.P_CONTROL_HARD_RESET_CLIENT_V2:
            if packet.packet_id != 0 or packet.key_id != 0:
                raise PacketError(Drop.MALFORMED, "hard reset with an id")
            if not wrapper.is_cookie_possible:
                if self._forces_cookie:
                    words = "force-cookie: the client can't prove its address"
                    raise PacketError(Drop.UNWRAP, words)
                return None, packet
            session_id = self.session_id(address, packet.session_id, slot)
            header = bytes((first_byte(Opcode.P_CONTROL_HARD_RESET_SERVER_V2, 0),)) + session_id
            rest = control.rest((0,), packet.session_id, 0, wrapper.reset_payload)
            return wrapper.wrap(header, rest), None
        if packet.opcode not in (Opcode.P_CONTROL_V1, Opcode.P_ACK_V1) or packet.key_id != 0:
            raise PacketError(Drop.UNKNOWN_SESSION, packet.opcode.name)
        ids = [*packet.acks, packet.packet_id or 0]
        if not packet.acks or max(ids) > FIRST_ID_LIMIT:
            raise PacketError(Drop.UNKNOWN_SESSION, "not the first packet of a session")
        for age in range(SLOTS_ACCEPTED):
            expected = self.session_id(address, packet.session_id, slot - age)
            if hmac.compare_digest(expected, packet.remote_session_id):
                return None, packet
        raise PacketError(Drop.UNKNOWN_SESSION, "session id that we did not give")
