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
ETHERTYPE_IPV4, ETHERTYPE_IPV6 = b"\x08\x00", b"\x86\xdd"
IP_FRAMES = (ETHERTYPE_IPV4, ETHERTYPE_IPV6)


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


def destinations(packets: list[bytes]) -> list[bytes | None]:
    """Those of many packets, in order. Quick as `sources` is."""
    firsts = {packet[:1] for packet in packets}
    if firsts == {b"\x45"} and min(map(len, packets)) >= MIN_IPV4:
        return [packet[16:20] for packet in packets]
    if firsts == {b"\x60"} and min(map(len, packets)) >= MIN_IPV6:
        return [packet[24:40] for packet in packets]
    return list(map(destination, packets))


def sources(packets: list[bytes]) -> set[bytes | None]:
    """Those of many packets. Quick where all are IPv4, or all IPv6, with the shortest header."""
    firsts = {packet[:1] for packet in packets}
    if firsts == {b"\x45"} and min(map(len, packets)) >= MIN_IPV4:
        return {packet[12:16] for packet in packets}
    if firsts == {b"\x60"} and min(map(len, packets)) >= MIN_IPV6:
        return {packet[8:24] for packet in packets}
    return set(map(source, packets))


def is_multicast(address: bytes) -> bool:
    """224.0.0.0/4, 255.255.255.255 or ff00::/8."""
    return address[0] >= 224 if len(address) == 4 else address[0] == 0xFF


def is_group_frame(mac: bytes) -> bool:
    """A broadcast or multicast Ethernet address."""
    return bool(mac[0] & 1)


def is_link_local(address: bytes) -> bool:
    """fe80::/10."""
    return len(address) == 16 and address[0] == 0xFE and address[1] & 0xC0 == 0x80
