"""The server's inner routing table: which client has this address, or this MAC.

Before: system/tun.py Tun.read_batch
After: tunnel/peer.py Peer.encapsulate

Full addresses are looked up in one dict at constant cost; networks (iroute) by longest prefix after
that. MACs are learned from the source of each frame, as a switch does.
"""

from __future__ import annotations

from ipaddress import IPv4Network, IPv6Network
from typing import Generic, TypeVar

T = TypeVar("T")
Network = IPv4Network | IPv6Network


class RouteTable(Generic[T]):
    """Inner address or MAC -> peer."""

    def __init__(self) -> None:
        self.hosts: dict[bytes, T] = {}
        self._networks: list[tuple[int, int, int, T]] = []  # (length, mask, network, peer)

    def lookup(self, address: bytes) -> T | None:
        """The peer that an address belongs to."""
        peer = self.hosts.get(address)
        if peer is not None or not self._networks:
            return peer
        number, bits = int.from_bytes(address, "big"), len(address) * 8
        for length, mask, network, owner in self._networks:
            if length == bits and number & mask == network:
                return owner
        return None

    def learn(self, address: bytes, peer: T) -> bool:
        """Remember a host or a MAC; True if it is new or has moved here."""
        if self.hosts.get(address) is peer:
            return False
        self.hosts[address] = peer
        return True

    def add_network(self, network: Network, peer: T) -> None:
        """An internal route to a whole network behind a client."""
        entry = (network.max_prefixlen, int(network.netmask), int(network.network_address), peer)
        self._networks.append(entry)
        self._networks.sort(key=lambda route: -route[1])

    def forget(self, peer: T) -> None:
        """Remove everything that leads to a peer."""
        self.hosts = {address: owner for address, owner in self.hosts.items() if owner is not peer}
        self._networks = [route for route in self._networks if route[3] is not peer]
