"""Capture files with several interfaces in them: the pcapng format, written block by block.

    0             4              8                             length-4
    +-------------+--------------+---------------+-------------+
    | block type  | total length | body, options | total length|   all padded to 32 bits
    +-------------+--------------+---------------+-------------+

IETF draft-ietf-opsawg-pcapng. Times are nanoseconds since 1970.
"""

from __future__ import annotations

import struct
from typing import BinaryIO

SECTION_HEADER = 0x0A0D0D0A
INTERFACE_DESCRIPTION = 1
ENHANCED_PACKET = 6
INTERFACE_STATISTICS = 5
DECRYPTION_SECRETS = 10

BYTE_ORDER_MAGIC = 0x1A2B3C4D
UNKNOWN_LENGTH = 0xFFFFFFFFFFFFFFFF

OPTION_END, OPTION_COMMENT = 0, 1
OPTION_APPLICATION = 4  # of the section header
OPTION_NAME, OPTION_DESCRIPTION, OPTION_RESOLUTION = 2, 3, 9  # of an interface
OPTION_FLAGS = 2  # of a packet
OPTION_RECEIVED, OPTION_DROPPED = 4, 5  # of statistics

LINKTYPE_ETHERNET = 1
LINKTYPE_RAW = 101  # IP packets without a frame: what a tun carries
TLS_KEY_LOG = 0x544C534B  # "TLSK", lines as in SSLKEYLOGFILE

INBOUND, OUTBOUND = 1, 2

NANOSECONDS = b"\x09"


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _padded(value)


def _block(kind: int, body: bytes, options: bytes = b"") -> bytes:
    if options:
        options += _option(OPTION_END, b"")
    length = 12 + len(body) + len(options)
    return struct.pack("<II", kind, length) + body + options + struct.pack("<I", length)


def _time(nanoseconds: int) -> bytes:
    return struct.pack("<II", nanoseconds >> 32, nanoseconds & 0xFFFFFFFF)


class PcapngWriter:
    """Writes blocks to an open file; the order of packets is the caller's."""

    def __init__(self, file: BinaryIO, application: str = "vpnlab") -> None:
        self._file = file
        self._interfaces = 0
        body = struct.pack("<IHHQ", BYTE_ORDER_MAGIC, 1, 0, UNKNOWN_LENGTH)
        options = _option(OPTION_APPLICATION, application.encode())
        file.write(_block(SECTION_HEADER, body, options))

    def add_interface(
        self, name: str, description: str = "", linktype: int = LINKTYPE_ETHERNET
    ) -> int:
        """Declare an interface; return the number that its packets are written with."""
        options = _option(OPTION_NAME, name.encode())
        if description:
            options += _option(OPTION_DESCRIPTION, description.encode())
        options += _option(OPTION_RESOLUTION, NANOSECONDS)
        body = struct.pack("<HHI", linktype, 0, 0)
        self._file.write(_block(INTERFACE_DESCRIPTION, body, options))
        self._interfaces += 1
        return self._interfaces - 1

    def write(
        self, interface: int, time: int, packet: bytes, *, direction: int = 0, comment: str = ""
    ) -> None:
        """Write one packet; `direction` is INBOUND, OUTBOUND or unknown."""
        options = b""
        if comment:
            options += _option(OPTION_COMMENT, comment.encode())
        if direction:
            options += _option(OPTION_FLAGS, struct.pack("<I", direction))
        size = len(packet)
        head = struct.pack("<I", interface) + _time(time) + struct.pack("<II", size, size)
        self._file.write(_block(ENHANCED_PACKET, head + _padded(packet), options))

    def add_secrets(self, secrets: bytes, kind: int = TLS_KEY_LOG) -> None:
        """Put keys into the file, so that whoever opens it can look into the packets."""
        body = struct.pack("<II", kind, len(secrets)) + _padded(secrets)
        self._file.write(_block(DECRYPTION_SECRETS, body))

    def write_statistics(self, interface: int, time: int, received: int, dropped: int) -> None:
        """Say how many packets an interface saw, and how many this capture lost."""
        options = _option(OPTION_RECEIVED, struct.pack("<Q", received))
        options += _option(OPTION_DROPPED, struct.pack("<Q", dropped))
        body = struct.pack("<I", interface) + _time(time)
        self._file.write(_block(INTERFACE_STATISTICS, body, options))

    def flush(self) -> None:
        self._file.flush()
