"""What is done to every packet before it is sealed: framing and mssfix, as the options want them.

Before: tunnel/peer.py Peer.encapsulate
After: data/channel.py DataChannel.seal
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from vpn.config.options import Compression, Options
from vpn.crypto.aead import OVERHEAD
from vpn.data import compress, mss
from vpn.events import Address
from vpn.wire.data import V1_SIZE, V2_SIZE
from vpn.wire.stream import LENGTH_SIZE

Framing: TypeAlias = Callable[[bytes], bytes]
FRAMINGS: dict[Compression, tuple[Framing, Framing] | None] = {
    Compression.NONE: None,
    Compression.LZO_STUB: (compress.add_lzo_stub, compress.remove_lzo_stub),
    Compression.STUB: (compress.add_stub, compress.remove_stub),
    Compression.STUB_V2: (compress.add_stub_v2, compress.remove_stub_v2),
}
WITHOUT_A_BYTE = (Compression.NONE, Compression.STUB_V2)  # what adds nothing to most packets
ETHERNET_HEADER = 14
IP_TCP = 40  # headers of a segment in the tunnel, IPv4
IPV4, IPV6, UDP, TCP = 20, 40, 8, 20


def framing(options: Options) -> tuple[Framing | None, Framing | None]:
    """(add, remove); None where there is nothing to do."""
    return FRAMINGS[options.data.compression] or (None, None)


def ip_offset(options: Options) -> int:
    """Where the IP header starts in what the tun carries."""
    return ETHERNET_HEADER if options.tun.dev_type.value == "tap" else 0


def outer_size(address: Address) -> int:
    """What stands around a datagram on the link, bytes."""
    ip = IPV6 if ":" in address.host else IPV4
    return ip + (TCP + LENGTH_SIZE if address.connection else UDP)


def max_mss(options: Options, address: Address, *, has_peer_id: bool) -> int:
    """The MSS that IPv4 SYNs are lowered to, bytes; 0 leaves them alone [man: --mssfix]."""
    link, size = options.link, options.link.mssfix
    if not size:
        return 0
    if link.mssfix_mode == "fixed":
        return max(size - IP_TCP, mss.MIN_MSS)
    target = size - (outer_size(address) if link.mssfix_mode == "mtu" else 0)
    target -= (V2_SIZE if has_peer_id else V1_SIZE) + OVERHEAD
    stub = 0 if options.data.compression in WITHOUT_A_BYTE else 1
    return max(target - ip_offset(options) - IP_TCP - stub, mss.MIN_MSS)
