"""The server's inner routing table: which client has this address, or this MAC.

Before: system/tun.py Tun.read_batch
After: tunnel/peer.py Peer.encapsulate

Full addresses are looked up in one dict at constant cost; networks (iroute) by longest prefix after
that. MACs are learned from the source of each frame, as a switch does.
"""

from __future__ import annotations

from collections import Counter
from ipaddress import IPv4Network, IPv6Network
from typing import Generic, TypeVar

MAX_HOSTS_PER_PEER = 256  # [man: --max-routes-per-client]

T = TypeVar("T")
Network = IPv4Network | IPv6Network


class RouteTable(Generic[T]):
    """Inner address or MAC -> peer."""

    def __init__(self) -> None:
        self.hosts: dict[bytes, T] = {}
        self._counts: Counter[T] = Counter()
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
        """Remember a host or a MAC; True if it is new or has moved here, and not one too many."""
        if self.hosts.get(address) is peer or self._counts[peer] >= MAX_HOSTS_PER_PEER:
            return False
        previous = self.hosts.get(address)
        if previous is not None:
            self._counts[previous] -= 1
        self.hosts[address] = peer
        self._counts[peer] += 1
        return True

    def add_network(self, network: Network, peer: T) -> None:
        """An internal route to a whole network behind a client."""
        entry = (network.max_prefixlen, int(network.netmask), int(network.network_address), peer)
        self._networks.append(entry)
        self._networks.sort(key=lambda route: -route[1])

    def forget(self, peer: T) -> None:
        """Remove everything that leads to a peer."""
        del self._counts[peer]
        self.hosts = {address: owner for address, owner in self.hosts.items() if owner is not peer}
        self._networks = [route for route in self._networks if route[3] is not peer]
