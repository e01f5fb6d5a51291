"""Admission of a client whose handshake is done: cipher, tunnel addresses, push."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Interface

from vpn.config.options import DevType, Options, Topology
from vpn.control import negotiate
from vpn.control.negotiate import Agreement
from vpn.tunnel.pool import AddressPool, Lease
from vpn.wire import messages
from vpn.wire.key_method import KeyMethodMessage
from vpn.wire.peer_info import PeerInfo, Proto, parse

NO_ADDRESS = "MULTI: no free --ifconfig-pool addresses are available"
NO_SHARED_CIPHER = "Data channel cipher negotiation failed (no shared cipher)"
NO_EXPORTER = (
    "PUSH: client does not support TLS Keying Material Exporters but "
    "--force-tls-key-material-export is enabled."
)
NO_EXPORTER_TEXT = (
    "Client incompatible with server. Keying Material Exporters (RFC 5705) support missing. "
    "Upgrade to a client that supports this feature (OpenVPN 2.6.0+)."
)
DISABLED = "MULTI: client has been rejected due to 'disable' directive"


@dataclass(frozen=True, slots=True)
class Admitted:
    """What a client got. An address is None where none is assigned (a bridge without pool)."""

    agreement: Agreement
    address: IPv4Address | None
    replies: list[str]  # PUSH_REPLY messages
    wants_push_at_once: bool
    info: PeerInfo
    ipv6: IPv6Address | None = None
    own_routes: tuple[str, ...] = ()  # not pushed: they lead to the client's own networks


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a client is not let in: a line for our log, and what AUTH_FAILED tells the client."""

    words: str
    text: str = ""


class Admission:
    """Decides for each client; owns the address pool."""

    def __init__(self, options: Options) -> None:
        self._options = options
        server, tun = options.server, options.tun
        is_tun = tun.dev_type is DevType.TUN
        self._is_net30 = tun.topology is Topology.NET30 and is_tun
        self._is_p2p = tun.topology is Topology.P2P and is_tun
        first, last = (server.pool.start, server.pool.end) if server.pool else (None, None)
        self.pool = (
            AddressPool(first, last, is_net30=self._is_net30, ipv6=server.pool_ipv6)
            if first or server.pool_ipv6
            else None
        )

    def lease(self, name: str) -> Lease | None:
        """A place in the pool; None without a pool, or if it is full."""
        if self.pool is None:
            return None
        return self.pool.take(name, reuse=not self._options.server.duplicate_cn)

    def release(self, lease: Lease | None) -> None:
        """Take a place back into the pool."""
        if self.pool is not None and lease is not None:
            self.pool.release(lease)

    def admit(
        self,
        message: KeyMethodMessage,
        peer_id: int,
        lease: Lease | None,
        own: Options | None = None,
        token: Sequence[str] = (),
    ) -> Admitted | Refusal:
        """Admit a client, or say why not.

        own: the options as they are for this client. token: a fresh one for it, as it is pushed.
        """
        options = own or self._options
        info, occ = parse(message.peer_info), message.options_string
        if options.per_client.disable:
            return Refusal(DISABLED)
        if options.access.forces_exporter and Proto.TLS_KEY_EXPORT not in info.proto:
            return Refusal(NO_EXPORTER, NO_EXPORTER_TEXT)
        agreement = negotiate.server_agreement(options, info, occ, peer_id)
        if agreement is None:
            return Refusal(negotiate.no_common_cipher(options, info, occ), NO_SHARED_CIPHER)
        if self.pool is not None and lease is None and options.per_client.ifconfig is None:
            may_come_again = Proto.AUTH_FAIL_TEMP in info.proto
            return Refusal(NO_ADDRESS, "TEMP:no free address" if may_come_again else "")
        address, ipv6, pushed = self._addresses(options, lease)
        own_routes = tuple(text for text in options.server.push if _is_to_own(text, options))
        pushed = [text for text in options.server.push if text not in own_routes] + pushed
        protocol = negotiate.pushed_protocol_options(agreement, info, options.tun.tun_mtu)
        after = 1 if agreement.peer_id is not None else 0
        protocol[after:after] = token
        replies = messages.push_replies(pushed + protocol)
        at_once = Proto.REQUEST_PUSH in info.proto
        return Admitted(agreement, address, replies, at_once, info, ipv6, own_routes)

    def _addresses(
        self, options: Options, lease: Lease | None
    ) -> tuple[IPv4Address | None, IPv6Address | None, list[str]]:
        """(IPv4, IPv6, how they are pushed); fixed ones go before those of the pool."""
        own, pushed = options.per_client, []
        address = ipv6 = None
        if own.ifconfig is not None:
            address, second = IPv4Address(own.ifconfig[0]), own.ifconfig[1]
        elif lease is not None and lease.ipv4 is not None:
            address, second = lease.ipv4, self._second(lease.ipv4)
        if own.ifconfig_ipv6 is not None:
            fixed = IPv6Interface(own.ifconfig_ipv6[0])
            ipv6, bits = fixed.ip, fixed.network.prefixlen
        elif own.ifconfig is None and lease is not None and lease.ipv6 is not None:
            ipv6, bits = lease.ipv6, IPv6Interface(options.server.pool_ipv6 or "").network.prefixlen
        if ipv6 is not None and "ifconfig-ipv6" not in own.kept_back:
            gateway = own.ifconfig_ipv6[1] if own.ifconfig_ipv6 else None
            if gateway is None and options.tun.ifconfig_ipv6 is not None:
                gateway = options.tun.ifconfig_ipv6[0].partition("/")[0]
            pushed.append(f"ifconfig-ipv6 {ipv6}/{bits} {gateway or '::'}")
        if address is not None and "ifconfig" not in own.kept_back:
            pushed.append(f"ifconfig {address} {second}")
        return address, ipv6, pushed

    def _second(self, address: IPv4Address) -> str:
        """The second word of the client's ifconfig: a netmask, or its peer's address."""
        options = self._options
        assert options.server.pool is not None
        if self._is_net30:
            return str(address - 1)
        if self._is_p2p:
            return options.tun.ifconfig[0] if options.tun.ifconfig else str(address)
        return options.server.pool.netmask or "255.255.255.0"


def _is_to_own(pushed: str, options: Options) -> bool:
    """Is this a route to a network behind the client itself (iroute), which it must not take?"""
    words = pushed.split()
    if words[:1] != ["route"] or len(words) not in {2, 3}:
        return False
    with suppress(ValueError):  # the name of a host, say
        mask = words[2] if len(words) == 3 else "255.255.255.255"
        return IPv4Network(f"{words[1]}/{mask}") in options.per_client.iroutes
    return False
