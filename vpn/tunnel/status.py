"""Figures about a running endpoint, for SIGUSR2 and the status file."""

from __future__ import annotations

from dataclasses import dataclass, field

from vpn.errors import Drop
from vpn.events import Address


@dataclass(frozen=True, slots=True)
class PeerStatus:
    """One connected peer. Bytes are those of all datagrams on the link."""

    address: Address
    common_name: str
    tunnel_address: str
    bytes_received: int
    bytes_sent: int
    connected_since: float  # the core's clock, seconds
    cipher: str
    client_id: int = 0  # one for each client that ever came
    peer_id: int = 0
    username: str = ""
    tunnel_ipv6: str = ""


@dataclass(frozen=True, slots=True)
class Status:
    """Everything at once."""

    peers: list[PeerStatus] = field(default_factory=list)
    tun_read_bytes: int = 0
    tun_write_bytes: int = 0
    link_read_bytes: int = 0
    link_write_bytes: int = 0
    drops: dict[Drop, int] = field(default_factory=dict)
