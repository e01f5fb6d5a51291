"""Addresses of a raw packet: what routing and source checks look at.

Before: system/tun.py Tun.read_batch
After: tunnel/routes.py RouteTable.lookup

    IPv4   source at 12..16, destination at 16..20        RFC 791
    IPv6   source at 8..24, destination at 24..40         RFC 8200
    frame  destination at 0..6, source at 6..12           Ethernet
"""

from __future__ import annotations

MIN_IPV4 = 20
MIN_IPV6 = 40
MIN_FRAME = 14


def destination(packet: bytes) -> bytes | None:
    """The destination, 4 or 16 bytes; None if this is no IP packet."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= MIN_IPV4:
        return packet[16:20]
    if version == 6 and len(packet) >= MIN_IPV6:
        return packet[24:40]
    return None


def source(packet: bytes) -> bytes | None:
    """The source, 4 or 16 bytes; None if this is no IP packet."""
    version = packet[0] >> 4 if packet else 0
    if version == 4 and len(packet) >= MIN_IPV4:
        return packet[12:16]
    if version == 6 and len(packet) >= MIN_IPV6:
        return packet[8:24]
    return None


def is_multicast(address: bytes) -> bool:
    """224.0.0.0/4, 255.255.255.255 or ff00::/8."""
    return address[0] >= 224 if len(address) == 4 else address[0] == 0xFF


def is_group_frame(mac: bytes) -> bool:
    """A broadcast or multicast Ethernet address."""
    return bool(mac[0] & 1)


def is_link_local(address: bytes) -> bool:
    """fe80::/10."""
    return len(address) == 16 and address[0] == 0xFE and address[1] & 0xC0 == 0x80
