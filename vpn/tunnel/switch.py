"""Inside the server: where a packet goes, tun or client, and whether it may come from there.

Before: tunnel/server.py Server.decapsulate
After: tunnel/peer.py Peer.encapsulate

tun: by IP address; a client may only use its own (and its iroutes). tap: by MAC, learned from the
frames, as a switch does. Broadcast and multicast go to all. Between clients packets pass here only
with `client-to-client`; without it they go to the tun and the kernel decides.
"""

from __future__ import annotations

import logging
from collections import Counter
from ipaddress import IPv4Address, ip_address

from vpn.config.options import Options
from vpn.errors import Drop, PacketError
from vpn.tunnel.clients import ClientEntry, ClientTable
from vpn.tunnel.routes import RouteTable
from vpn.wire import ip

log = logging.getLogger("vpn.server")


class InnerSwitch:
    """The routing table (tun) or the MAC table (tap) of one server."""

    def __init__(self, options: Options, drops: Counter[Drop]) -> None:
        self._is_tap = options.tun.dev_type.value == "tap"
        self._joins_clients = options.server.client_to_client
        self._drops = drops
        self.routes: RouteTable[ClientEntry] = RouteTable()

    def assign(self, entry: ClientEntry, address: IPv4Address) -> None:
        """A client got this tunnel address."""
        if not self._is_tap:
            self.routes.learn(address.packed, entry)
            entry.peer.log.info("MULTI: Learn: %s -> %s", address, entry.peer.log.prefix)
        entry.peer.log.info("MULTI: primary virtual IP for %s: %s", entry.peer.log.prefix, address)

    def forget(self, entry: ClientEntry) -> None:
        """A client is gone."""
        self.routes.forget(entry)

    def from_tun(
        self, packets: list[bytes], clients: ClientTable
    ) -> dict[ClientEntry, list[bytes]]:
        """Packets of the tun, grouped by the client they go to."""
        batches: dict[ClientEntry, list[bytes]] = {}
        lookup = self.routes.lookup
        for packet in packets:
            address = self._destination(packet)
            if address is None:
                self._drops[Drop.BAD_PACKET] += 1
                continue
            entry = lookup(address)
            if entry is not None and entry.peer.channel.is_ready:
                batches.setdefault(entry, []).append(packet)
            elif self._is_group(address):
                for other in clients:
                    if other.peer.channel.is_ready:
                        batches.setdefault(other, []).append(packet)
            else:
                self._drops[Drop.NO_ROUTE] += 1
        return batches

    def from_client(
        self, packet: bytes, entry: ClientEntry, clients: ClientTable
    ) -> tuple[bool, list[ClientEntry]]:
        """Where a client's packet goes: (to the tun?, to these other clients)."""
        self._check_source(packet, entry)
        if not self._joins_clients:
            return True, []
        address = self._destination(packet)
        if address is None:
            raise PacketError(Drop.BAD_PACKET)
        if self._is_group(address):
            others = [other for other in clients if other is not entry]
            return True, [other for other in others if other.peer.channel.is_ready]
        other = self.routes.lookup(address)
        if other is None or not other.peer.channel.is_ready:
            return True, []
        return False, [] if other is entry else [other]

    def _check_source(self, packet: bytes, entry: ClientEntry) -> None:
        """tun: refuse another's address. tap: learn where a MAC is."""
        if self._is_tap:
            if len(packet) < ip.MIN_FRAME:
                raise PacketError(Drop.BAD_PACKET, "short frame")
            mac = packet[6:12]
            if not ip.is_group_frame(mac) and self.routes.learn(mac, entry):
                text = ":".join(f"{byte:02x}" for byte in mac)
                entry.peer.log.info("MULTI: Learn: %s -> %s", text, entry.peer.log.prefix)
            return
        source = ip.source(packet)
        if source is None:
            raise PacketError(Drop.BAD_PACKET)
        if self.routes.lookup(source) is not entry:
            words = "MULTI: bad source address from client [%s], packet dropped"
            entry.peer.log.debug(words, ip_address(source))
            raise PacketError(Drop.BAD_SOURCE)

    def _destination(self, packet: bytes) -> bytes | None:
        if self._is_tap:
            return packet[:6] if len(packet) >= ip.MIN_FRAME else None
        return ip.destination(packet)

    def _is_group(self, address: bytes) -> bool:
        return ip.is_group_frame(address) if self._is_tap else ip.is_multicast(address)
