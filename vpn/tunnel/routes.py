"""The server's inner routing table: which client has this address, or this MAC.

Before: system/tun.py Tun.read_batch
After: tunnel/carrier.py Carrier.encapsulate

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
        self._networks: list[tuple[int, int, int, T, Network]] = []
        # (length, mask, network, peer, the network again): the longest prefix first

    def lookup(self, address: bytes) -> T | None:
        """The peer that an address belongs to."""
        peer = self.hosts.get(address)
        if peer is not None or not self._networks:
            return peer
        number, bits = int.from_bytes(address, "big"), len(address) * 8
        for length, mask, network, owner, _ in self._networks:
            if length == bits and number & mask == network:
                return owner
        return None

    def has_room(self, peer: T, limit: int = MAX_HOSTS_PER_PEER) -> bool:
        """May this peer have one more?"""
        return self._counts[peer] < limit

    def learn(self, address: bytes, peer: T, limit: int = MAX_HOSTS_PER_PEER) -> bool:
        """Remember a host or a MAC; True if it is new or has moved here, and not one too many."""
        if self.hosts.get(address) is peer or not self.has_room(peer, limit):
            return False
        self.unlearn(address)
        self.hosts[address] = peer
        self._counts[peer] += 1
        return True

    def unlearn(self, address: bytes) -> None:
        """Forget one host or MAC."""
        previous = self.hosts.pop(address, None)
        if previous is not None:
            self._counts[previous] -= 1

    def add_network(self, network: Network, peer: T) -> None:
        """An internal route to a whole network behind a client; it takes the place of an equal."""
        self._networks = [route for route in self._networks if route[4] != network]
        mask, start = int(network.netmask), int(network.network_address)
        self._networks.append((network.max_prefixlen, mask, start, peer, network))
        self._networks.sort(key=lambda route: -route[1])

    def of_peer(self, peer: T) -> tuple[list[bytes], list[Network]]:
        """The hosts and the networks that lead to a peer."""
        hosts = [address for address, owner in self.hosts.items() if owner is peer]
        return hosts, [route[4] for route in self._networks if route[3] is peer]

    def forget(self, peer: T) -> None:
        """Remove everything that leads to a peer."""
        del self._counts[peer]
        self.hosts = {address: owner for address, owner in self.hosts.items() if owner is not peer}
        self._networks = [route for route in self._networks if route[3] is not peer]
