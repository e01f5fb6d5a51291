"""Inner packets by their TOS, so that what carries them can be marked the same [man: --passtos].

Before: system/tun.py Tun.read_batch
After: tunnel/one_remote.py OneRemote.encapsulate
"""

from __future__ import annotations

from itertools import groupby

from vpn.wire.ip import ETHERTYPE_IPV4

ETHERNET_HEADER = 14


def by_tos(packets: list[bytes]) -> list[tuple[int, list[bytes]]]:
    """Runs of packets with the same TOS, in order. As in the stock program, IPv4 only."""
    return [(tos, list(run)) for tos, run in groupby(packets, _tos)]


def frames_by_tos(frames: list[bytes]) -> list[tuple[int, list[bytes]]]:
    """The same for Ethernet frames."""
    return [(tos, list(run)) for tos, run in groupby(frames, _frame_tos)]


def _tos(packet: bytes) -> int:
    return packet[1] if len(packet) > 1 and packet[0] >> 4 == 4 else 0


def _frame_tos(frame: bytes) -> int:
    return _tos(frame[ETHERNET_HEADER:]) if frame[12:ETHERNET_HEADER] == ETHERTYPE_IPV4 else 0
