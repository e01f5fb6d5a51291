"""VLANs of a tap server: each client is in one; the tap is a trunk, or in one itself.

Before: tunnel/switch.py InnerSwitch.from_tun
After: tunnel/switch.py InnerSwitch.from_client

     0            6         12      14      16
     | destination | source | 81 00 | tag   | ethertype ...      IEEE 802.1Q; tag & 0xfff: the VLAN

Frames of clients carry no VLAN; on the tap they do, but for those of `vlan-pvid`.
"""

from __future__ import annotations

from vpn.config.options import Options

TPID = b"\x81\x00"
TAG_AT, TAG_SIZE = 12, 4
VID_MASK = 0x0FFF


def vid_of(frame: bytes) -> int | None:
    """The VLAN of a tagged frame (0: it has a priority and no VLAN); None if it has no tag."""
    if frame[TAG_AT : TAG_AT + 2] != TPID or len(frame) < TAG_AT + TAG_SIZE:
        return None
    return int.from_bytes(frame[TAG_AT + 2 : TAG_AT + 4], "big") & VID_MASK


class Vlan:
    """What may pass the tap, and how it is written there [man: --vlan-accept]."""

    def __init__(self, options: Options) -> None:
        self._accept = options.access.vlan_accept
        self._own = options.access.vlan_pvid

    def from_tap(self, frame: bytes) -> tuple[int, bytes] | None:
        """(VLAN, the frame without it); None: it may not enter."""
        vid = vid_of(frame)
        if not vid:
            return None if self._accept == "tagged" else (self._own, frame)
        if self._accept == "untagged":
            return None
        return vid, frame[:TAG_AT] + frame[TAG_AT + TAG_SIZE :]

    def to_tap(self, frame: bytes, vid: int) -> bytes | None:
        """A client's frame as it stands on the tap; None: it is not for there."""
        if self._accept == "untagged":
            return frame if vid == self._own else None
        if self._accept == "all" and vid == self._own:
            return frame
        priority = 0
        if vid_of(frame) is not None:  # a priority is kept
            priority = frame[TAG_AT + 2] & 0xF0
            frame = frame[:TAG_AT] + frame[TAG_AT + TAG_SIZE :]
        tag = (priority << 8 | vid).to_bytes(2, "big")
        return frame[:TAG_AT] + TPID + tag + frame[TAG_AT:]
