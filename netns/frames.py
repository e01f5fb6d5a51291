"""Makes what the kernel hands over a virtual cable into what a real cable would have carried.

Between namespaces the kernel leaves checksums unfinished and sends up to 64 kB as one frame. The
header in front of each captured frame (struct virtio_net_hdr) says what was left undone:

    0       1          2         4          6            8             10
    +-------+----------+---------+----------+------------+-------------+
    | flags | gso_type | hdr_len | gso_size | csum_start | csum_offset |
    +-------+----------+---------+----------+------------+-------------+
"""

from __future__ import annotations

import struct

HEADER_SIZE = 10
_HEADER = struct.Struct("=BBHHHH")

NEEDS_CHECKSUM = 1
GSO_NONE, GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4 = 0, 1, 4, 5
GSO_ECN = 0x80

ETHERNET_SIZE = 14
IPV6_SIZE = 40
UDP_SIZE = 8
FIN, PSH, CWR = 0x01, 0x08, 0x80
PROTO_TCP, PROTO_UDP = 6, 17


def wire_frames(data: bytes) -> list[bytes]:
    """Turn one read of a packet socket, header in front, into finished frames."""
    flags, gso, _length, size, start, offset = _HEADER.unpack_from(data)
    frame = data[HEADER_SIZE:]
    gso &= ~GSO_ECN
    if gso in (GSO_TCPV4, GSO_TCPV6, GSO_UDP_L4) and size and start:
        return _segments(frame, gso, size, start)
    if flags & NEEDS_CHECKSUM:
        return [_with_checksum(frame, start, offset)]
    return [frame]


def checksum(data: bytes) -> int:
    """The internet checksum (RFC 1071): the one's complement sum is the number modulo 65535."""
    total = int.from_bytes(data + bytes(len(data) % 2), "big") % 0xFFFF
    return 0xFFFF - total


def _with_checksum(frame: bytes, start: int, offset: int) -> bytes:
    """Finish a checksum; the field holds the sum of the pseudo header already."""
    place = start + offset
    value = checksum(frame[start:]) or 0xFFFF
    return frame[:place] + value.to_bytes(2, "big") + frame[place + 2 :]


def _segments(frame: bytes, gso: int, size: int, start: int) -> list[bytes]:
    """Cut a large frame into the packets that a network card would have sent."""
    is_tcp = gso != GSO_UDP_L4
    head_size = (frame[start + 12] >> 4) * 4 if is_tcp else UDP_SIZE
    network, transport = frame[:start], frame[start : start + head_size]
    payload = frame[start + head_size :]
    count = -(-len(payload) // size)
    found = []
    for number in range(count):
        part = payload[number * size : (number + 1) * size]
        make = _tcp_header if is_tcp else _udp_header
        head = make(transport, number * size, number == 0, number == count - 1, len(part))
        found.append(_assembled(network, head, part, number, is_tcp))
    return found


def _tcp_header(head: bytes, offset: int, first: bool, last: bool, _size: int) -> bytes:
    """Advance the sequence number; some flags stand in the first or the last segment only."""
    (sequence,) = struct.unpack_from("!I", head, 4)
    flags = head[13]
    if not last:
        flags &= ~(FIN | PSH)
    if not first:
        flags &= ~CWR
    advanced = struct.pack("!I", (sequence + offset) & 0xFFFFFFFF)
    return head[:4] + advanced + head[8:13] + bytes([flags]) + head[14:16] + b"\0\0" + head[18:]


def _udp_header(head: bytes, _offset: int, _first: bool, _last: bool, size: int) -> bytes:
    return head[:4] + struct.pack("!HH", UDP_SIZE + size, 0)


def _assembled(network: bytes, head: bytes, part: bytes, number: int, is_tcp: bool) -> bytes:
    """Join headers and payload: lengths, identification, both checksums."""
    link, ip = network[:ETHERNET_SIZE], network[ETHERNET_SIZE:]
    length = len(head) + len(part)
    proto = PROTO_TCP if is_tcp else PROTO_UDP
    if ip[0] >> 4 == 4:
        (ident,) = struct.unpack_from("!H", ip, 4)
        fresh = struct.pack("!HH", len(ip) + length, (ident + number) & 0xFFFF)
        ip = ip[:2] + fresh + ip[6:10] + b"\0\0" + ip[12:]
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        pseudo = ip[12:20] + struct.pack("!BBH", 0, proto, length)
    else:
        ip = ip[:4] + struct.pack("!H", len(ip) - IPV6_SIZE + length) + ip[6:]
        pseudo = ip[8:40] + struct.pack("!II", length, proto)
    value = checksum(pseudo + head + part) or 0xFFFF
    place = 16 if is_tcp else 6
    head = head[:place] + struct.pack("!H", value) + head[place + 2 :]
    return link + ip + head + part
