"""What a link brought, datagram by datagram."""

from __future__ import annotations

from vpn.events import Address, Incoming


def flat(batch: list[Incoming]) -> list[tuple[bytes, Address]]:
    """(datagram, from)"""
    return [(datagram, address) for address, datagrams in batch for datagram in datagrams]
