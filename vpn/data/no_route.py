"""block-ipv6: IPv6 packets are not carried, and whoever sent one is told so at once.

Before: tunnel/one_remote.py OneRemote.encapsulate
After: tunnel/carrier.py Carrier.encapsulate

    IPv6    source the tunnel's other end (fe80::7 if unknown), destination the sender, hops 255
    ICMPv6  type 1 (destination unreachable), code 0 (no route), RFC 4443 section 3.1
    ..      the packet, as much as fits into 1280 bytes                       [man: --block-ipv6]
"""

from __future__ import annotations

from ipaddress import IPv6Address

from vpn.config.options import TunOptions
from vpn.wire.ip import ETHERTYPE_IPV6, MIN_IPV6, is_multicast

NOBODY = IPv6Address("fe80::7").packed
ICMPV6, HOP_LIMIT, LARGEST = 58, 255, 1280
NO_ROUTE = bytes((1, 0))
FIRST_INFORMATIONAL = 128  # ICMPv6 types below are errors, which no error answers
UNSPECIFIED = bytes(16)


def source(options: TunOptions) -> bytes:
    """Who answers: the other end's address, as far as it is configured."""
    remote = options.ifconfig_ipv6[1] if options.ifconfig_ipv6 else ""
    return IPv6Address(remote).packed if remote else NOBODY


def sift(packets: list[bytes], at: int, source: bytes = NOBODY) -> tuple[list[bytes], list[bytes]]:
    """(the packets that are not IPv6, what is answered to those that are).

    at: where the IP header starts (14 in an Ethernet frame). source: who answers.
    """
    passing, answers = [], []
    for packet in packets:
        if not is_ipv6(packet, at):
            passing.append(packet)
        elif (told := answer(packet, at, source)) is not None:
            answers.append(told)
    return passing, answers


def is_ipv6(packet: bytes, at: int) -> bool:
    """By the version, and in a frame by its type."""
    return (
        packet[at - 2 : at] == ETHERTYPE_IPV6
        if at
        else packet[:1] >= b"\x60" and packet[0] >> 4 == 6
    )


def answer(packet: bytes, at: int, source: bytes = NOBODY) -> bytes | None:
    """The ICMPv6 error for this packet; None where there may be none (RFC 4443 section 2.4)."""
    inner = packet[at:]
    sender, destination = inner[8:24], inner[24:40]
    is_error = inner[6:7] == bytes((ICMPV6,)) and inner[40:41] < bytes((FIRST_INFORMATIONAL,))
    if len(inner) < MIN_IPV6 or is_multicast(destination) or is_error or sender == UNSPECIFIED:
        return None
    quoted = inner[: LARGEST - MIN_IPV6 - 8]
    body = NO_ROUTE + bytes(6) + quoted
    checksum = _checksum(source + sender + len(body).to_bytes(4) + bytes((0, 0, 0, ICMPV6)) + body)
    header = b"\x60\0\0\0" + len(body).to_bytes(2) + bytes((ICMPV6, HOP_LIMIT)) + source + sender
    frame = packet[6:12] + packet[:6] + packet[12:at] if at else b""
    return frame + header + NO_ROUTE + checksum.to_bytes(2) + body[4:]


def _checksum(data: bytes) -> int:
    """RFC 1071."""
    total = sum(int.from_bytes((data + b"\0")[at : at + 2]) for at in range(0, len(data), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
