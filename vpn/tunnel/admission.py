"""Admission of a client whose handshake is done: cipher, tunnel address, push."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address

from vpn.config.options import Options, Topology
from vpn.control import negotiate
from vpn.control.negotiate import Agreement
from vpn.tunnel.pool import AddressPool
from vpn.wire import messages
from vpn.wire.key_method import MAX_USER_PASS, KeyMethodMessage
from vpn.wire.peer_info import PeerInfo, Proto, parse

NO_ADDRESS = "MULTI: no free --ifconfig-pool addresses are available"
TOO_LONG = "TLS Error: Username (%d) or password (%d) too long"
TOO_LONG_TEXT = f"Username or password is too long. Maximum length is {MAX_USER_PASS} bytes"
NO_SHARED_CIPHER = "Data channel cipher negotiation failed (no shared cipher)"


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a client got. `address` is None where none is assigned (a bridge without pool)."""

    agreement: Agreement
    address: IPv4Address | None
    replies: list[str]  # PUSH_REPLY messages
    wants_push_at_once: bool
    info: PeerInfo


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a client is not let in: a line for our log, and what AUTH_FAILED tells the client."""

    words: str
    text: str = ""


class Admission:
    """Decides for each client; owns the address pool."""

    def __init__(self, options: Options) -> None:
        self._options = options
        pool = options.server.pool
        self._is_net30 = (
            options.tun.topology is Topology.NET30 and options.tun.dev_type.value == "tun"
        )
        self._pool = AddressPool(pool.start, pool.end, is_net30=self._is_net30) if pool else None

    def admit(self, message: KeyMethodMessage, name: str, peer_id: int) -> Admitted | Refusal:
        """Admit a client, or say why not."""
        info, occ = parse(message.peer_info), message.options_string
        if max(len(message.username), len(message.password)) > MAX_USER_PASS:
            return Refusal(TOO_LONG % (len(message.username), len(message.password)), TOO_LONG_TEXT)
        agreement = negotiate.server_agreement(self._options, info, occ, peer_id)
        if agreement is None:
            words = negotiate.no_common_cipher(self._options, info, occ)
            return Refusal(words, NO_SHARED_CIPHER)
        address = None
        if self._pool is not None:
            address = self._pool.take(name, reuse=not self._options.server.duplicate_cn)
            if address is None:
                may_come_again = Proto.AUTH_FAIL_TEMP in info.proto
                return Refusal(NO_ADDRESS, "TEMP:no free address" if may_come_again else "")
        pushed = list(self._options.server.push)
        if address is not None:
            pushed.append(f"ifconfig {address} {self._second(address)}")
        pushed += negotiate.pushed_protocol_options(agreement, info, self._options.tun.tun_mtu)
        at_once = Proto.REQUEST_PUSH in info.proto
        return Admitted(agreement, address, messages.push_replies(pushed), at_once, info)

    def _second(self, address: IPv4Address) -> str:
        """The second word of the client's ifconfig: a netmask, or its peer's address."""
        options = self._options
        assert options.server.pool is not None
        if self._is_net30:
            return str(address - 1)
        if options.tun.topology is Topology.P2P and options.tun.dev_type.value == "tun":
            return options.tun.ifconfig[0] if options.tun.ifconfig else str(address)
        return options.server.pool.netmask or "255.255.255.0"

    def release(self, address: IPv4Address | None, now: float) -> None:
        """Take an address back into the pool."""
        if self._pool is not None and address is not None:
            self._pool.release(address, now)
