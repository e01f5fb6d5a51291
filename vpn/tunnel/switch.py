"""Inside the server: where a packet goes, tun or client, and whether it may come from there.

Before: tunnel/server.py Server.decapsulate
After: tunnel/carrier.py Carrier.encapsulate

tun: by IP address; a client may only use its own (and its iroutes). tap: by MAC, learned from the
frames, as a switch does. Broadcast and multicast go to all. Between clients packets pass here only
with `client-to-client`; without it they go to the tun and the kernel decides.
"""

from __future__ import annotations

import logging
from collections import Counter
from functools import partial
from ipaddress import ip_address
from itertools import groupby
from operator import itemgetter

from vpn.config.options import DevType, Options
from vpn.errors import Drop, PacketError
from vpn.hooks import Hooks
from vpn.tunnel import vlan
from vpn.tunnel.client_environment import who
from vpn.tunnel.clients import ClientEntry, ClientTable
from vpn.tunnel.routes import Network, RouteTable
from vpn.tunnel.vlan import Vlan
from vpn.wire import ip

log = logging.getLogger("vpn.server")


class InnerSwitch:
    """The routing table (tun) or the MAC table (tap) of one server."""

    def __init__(self, options: Options, drops: Counter[Drop], hooks: Hooks) -> None:
        self._is_tap = options.tun.dev_type is DevType.TAP
        self._joins_clients = options.server.client_to_client
        self._drops = drops
        self._hooks = hooks
        self._vlan = Vlan(options) if options.access.vlan_tagging else None
        self.routes: RouteTable[ClientEntry] = RouteTable()
        stale = options.access.stale_routes if self._is_tap else None
        self._stale_after, self._stale_interval = stale or (0, 0)
        self._seen: dict[bytes, float] = {}  # MAC -> when, if stale ones are to go
        self.deadline: float | None = None

    # -- whose is what -------------------------------------------------------------------------

    def assign(self, entry: ClientEntry, options: Options) -> None:
        """A client got its tunnel addresses; `options` are its own."""
        own, entry.max_routes = options.per_client, options.access.max_routes
        entry.vlan = options.access.vlan_pvid if self._vlan is not None else 0
        for address in (entry.address, entry.ipv6):
            if address is None:
                continue
            if not self._is_tap and self._learn(address.packed, entry):
                entry.peer.log.info("MULTI: Learn: %s -> %s", address, entry.peer.log.prefix)
            version = "IPv6" if address.version == 6 else "IP"
            words = "MULTI: primary virtual %s for %s: %s"
            entry.peer.log.info(words, version, entry.peer.log.prefix, address)
        for network in (*own.iroutes, *own.iroutes_ipv6):
            self._add_network(network, entry)

    def _add_network(self, network: Network, entry: ClientEntry) -> None:
        words = "MULTI: internal route %s -> %s"
        entry.peer.log.info(words, network, entry.peer.log.prefix)
        if self._tell("add", str(network), entry):
            self.routes.add_network(network, entry)

    def _learn(self, address: bytes, entry: ClientEntry) -> bool:
        """Remember whose an address or a MAC is, if nobody objects."""
        owner = self.routes.hosts.get(address)
        if owner is entry or not self.routes.has_room(entry, entry.max_routes):
            return False
        operation = "add" if owner is None else "update"
        if not self._tell(operation, _text(address), entry):
            return False
        return self.routes.learn(address, entry, entry.max_routes)

    def _tell(self, operation: str, address: str, entry: ClientEntry) -> bool:
        """May it be so? With `delete` nobody minds the answer."""
        return self._hooks.learn_address(operation, address, entry.name, partial(who, entry))

    def forget(self, entry: ClientEntry) -> None:
        """A client is gone."""
        hosts, networks = self.routes.of_peer(entry)
        for text in (*map(_text, hosts), *map(str, networks)):
            self._tell("delete", text, entry)
        self.routes.forget(entry)

    def handle_deadline(self, now: float) -> None:
        """Forget MACs that nobody used for long [man: --stale-routes-check]."""
        if self.deadline is None or now < self.deadline:
            return
        for mac, last in list(self._seen.items()):
            if now >= last + self._stale_after:
                del self._seen[mac]
                self._hooks.learn_address("delete", _text(mac), "", dict)
                self.routes.unlearn(mac)
        self.deadline = now + self._stale_interval if self._seen else None

    # -- where packets go ----------------------------------------------------------------------

    def from_tun(
        self, packets: list[bytes], clients: ClientTable
    ) -> dict[ClientEntry, list[bytes]]:
        """Packets of the tun, grouped by the client they go to."""
        batches: dict[ClientEntry, list[bytes]] = {}
        if self._vlan is not None:
            self._untag(packets, self._vlan, clients, batches)
            return batches
        if len(packets) == 1:
            self._place(packets, self._destination(packets[0], 0), 0, clients, batches)
            return batches
        addresses = self._destinations(packets)
        if len(set(addresses)) == 1:
            self._place(packets, addresses[0], 0, clients, batches)
            return batches
        for address, run in groupby(zip(addresses, packets, strict=True), itemgetter(0)):
            self._place([packet for _, packet in run], address, 0, clients, batches)
        return batches

    def _untag(
        self, frames: list[bytes], tags: Vlan, clients: ClientTable,
        batches: dict[ClientEntry, list[bytes]],
    ) -> None:  # fmt: skip
        for tagged in frames:
            taken = tags.from_tap(tagged)
            if taken is None:
                self._drops[Drop.VLAN] += 1
                continue
            vid, frame = taken
            self._place([frame], self._destination(frame, vid), vid, clients, batches)

    def _place(
        self, packets: list[bytes], address: bytes | None, vid: int, clients: ClientTable,
        batches: dict[ClientEntry, list[bytes]],
    ) -> None:  # fmt: skip
        """Packets to one address -> the batches of those who get them."""
        if address is None:
            self._drops[Drop.BAD_PACKET] += len(packets)
            return
        entry = self.routes.lookup(address)
        if entry is not None and entry.peer.channel.is_ready:
            batches.setdefault(entry, []).extend(packets)
        elif self._is_group(address):
            for other in clients:
                if other.peer.channel.is_ready and other.vlan == vid:
                    batches.setdefault(other, []).extend(packets)
        else:
            self._drops[Drop.NO_ROUTE] += len(packets)

    def passes_all(self, packets: list[bytes], entry: ClientEntry) -> bool:
        """Do all of a client's packets go to the tun as they are? False: ask for each."""
        if self._is_tap or self._joins_clients:
            return False
        sources, lookup = ip.sources(packets), self.routes.lookup
        return None not in sources and all(lookup(source) is entry for source in sources if source)

    def from_client(
        self, packet: bytes, entry: ClientEntry, clients: ClientTable, now: float
    ) -> tuple[bytes | None, list[ClientEntry]]:
        """Where a client's packet goes: (what the tun gets of it, to these other clients)."""
        self._check_source(packet, entry, now)
        vid = entry.vlan
        for_tun = packet if self._vlan is None else self._vlan.to_tap(packet, vid)
        if not self._joins_clients:
            return for_tun, []
        address = self._destination(packet, vid)
        if address is None:
            raise PacketError(Drop.BAD_PACKET)
        if self._is_group(address):
            others = [other for other in clients if other is not entry and other.vlan == vid]
            return for_tun, [other for other in others if other.peer.channel.is_ready]
        other = self.routes.lookup(address)
        if other is None or not other.peer.channel.is_ready:
            return for_tun, []
        return None, [] if other is entry else [other]

    def _check_source(self, packet: bytes, entry: ClientEntry, now: float) -> None:
        """tun: refuse another's address. tap: learn where a MAC is."""
        if self._is_tap:
            self._learn_source(packet, entry, now)
            return
        source = ip.source(packet)
        if source is None:
            raise PacketError(Drop.BAD_PACKET)
        if self.routes.lookup(source) is not entry:
            if not ip.is_link_local(source):  # every IPv6 host has such an address and uses it
                words = "MULTI: bad source address from client [%s], packet dropped"
                entry.peer.log.debug(words, _text(source))
            raise PacketError(Drop.BAD_SOURCE)

    def _learn_source(self, frame: bytes, entry: ClientEntry, now: float) -> None:
        if len(frame) < ip.MIN_FRAME:
            raise PacketError(Drop.BAD_PACKET, "short frame")
        if entry.vlan and vlan.vid_of(frame):
            raise PacketError(Drop.VLAN, "a client may not choose its VLAN")
        if ip.is_group_frame(frame[6:12]):
            return
        mac = frame[6:12] + _suffix(entry.vlan)
        if self._learn(mac, entry):
            entry.peer.log.info("MULTI: Learn: %s -> %s", _text(mac), entry.peer.log.prefix)
        if self._stale_after:
            self._seen[mac] = now
            if self.deadline is None:
                self.deadline = now + self._stale_interval

    def _destination(self, packet: bytes, vid: int) -> bytes | None:
        if self._is_tap:
            return packet[:6] + _suffix(vid) if len(packet) >= ip.MIN_FRAME else None
        return ip.destination(packet)

    def _destinations(self, packets: list[bytes]) -> list[bytes | None]:
        if self._is_tap:
            return [self._destination(frame, 0) for frame in packets]
        return ip.destinations(packets)

    def _is_group(self, address: bytes) -> bool:
        return ip.is_group_frame(address) if self._is_tap else ip.is_multicast(address)


def _text(address: bytes) -> str:
    """An address, or a MAC, as it is written."""
    if len(address) in (4, 16):
        return str(ip_address(address))
    vid = int.from_bytes(address[6:], "big")
    return address[:6].hex(":") + (f"@{vid}" if vid else "")


def _suffix(vid: int) -> bytes:
    """What tells equal MACs of two VLANs apart."""
    return vid.to_bytes(2, "big") if vid else b""
