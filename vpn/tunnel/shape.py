"""What is done to every packet before it is sealed: mssfix, framing, fragments.

Before: tunnel/carrier.py Carrier.encapsulate
After: data/channel.py DataChannel.seal
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import TypeAlias

from vpn.config.options import Compression, Options
from vpn.crypto import cbc
from vpn.crypto.aead import OVERHEAD
from vpn.crypto.ciphers import DATA_CIPHERS
from vpn.crypto.epoch import OVERHEAD as EPOCH_OVERHEAD
from vpn.crypto.mac import digest_name, mac_size
from vpn.data import compress, mss
from vpn.data.fragment import HEADER_SIZE as FRAGMENT_HEADER
from vpn.data.fragment import Fragments
from vpn.errors import Drop
from vpn.events import Address
from vpn.wire.data import V1_SIZE, V2_SIZE
from vpn.wire.stream import LENGTH_SIZE

Framing: TypeAlias = Callable[[bytes], bytes]
STUBS: dict[Compression, tuple[Framing, Framing]] = {
    Compression.LZO_STUB: (compress.add_lzo_stub, compress.remove_lzo_stub),
    Compression.STUB: (compress.add_stub, compress.remove_stub),
    Compression.STUB_V2: (compress.add_stub_v2, compress.remove_stub_v2),
}
DECOMPRESSING: dict[Compression, Callable[[bytes, int], bytes]] = {
    Compression.LZO: compress.remove_lzo,
    Compression.LZ4: compress.remove_lz4,
    Compression.LZ4_V2: compress.remove_lz4_v2,
}
PREFERRED = "AES-256-GCM"  # until something is agreed on
ETHERNET_HEADER = 14
IP_TCP = 40  # headers of a segment in the tunnel, IPv4
IPV4, IPV6, UDP, TCP = 20, 40, 8, 20
EXTRA = 100  # bytes that a packet may be longer than the tun's MTU: headers, framings


class Shape:
    """One peer's: there and back, as the options want it."""

    def __init__(
        self,
        options: Options,
        address: Address,
        drops: Counter[Drop],
        *,
        has_peer_id: bool,
        cipher: str = PREFERRED,
        has_epochs: bool = False,
    ) -> None:
        front = header_size(options, has_peer_id=has_peer_id, has_epochs=has_epochs)
        longest = max(options.tun.tun_mtu, options.tun.tun_mtu_max) + EXTRA
        self._add, self._remove = framing(options.data.compression, longest)
        self._ip_at = ip_offset(options)
        self._max_mss = max_mss(options, address, front, cipher)
        self._fragments = None
        if options.link.fragment:
            room = fragment_room(options, address, front, cipher)
            self._fragments = Fragments(room, longest, drops)

    def payloads(self, packets: list[bytes]) -> list[bytes]:
        """Packets of the tun -> what is sealed, one datagram each."""
        limit, at, add = self._max_mss, self._ip_at, self._add
        if limit:
            packets = mss.clamp_batch(packets, limit, at)
        if add is not None:
            packets = [add(packet) for packet in packets]
        if self._fragments is not None:
            split = self._fragments.split
            packets = [piece for packet in packets for piece in split(packet)]
        return packets

    @property
    def is_plain(self) -> bool:
        """Is a payload just a packet: no framing, no fragments?"""
        return self._remove is None and self._fragments is None

    def clamped(self, packets: list[bytes]) -> list[bytes]:
        """What was opened, where payloads are plain -> packets."""
        limit = self._max_mss
        return mss.clamp_batch(packets, limit, self._ip_at) if limit else packets

    def packet(self, payload: bytes, now: float) -> bytes:
        """What was opened -> a packet; empty while pieces of it are missing."""
        if self._fragments is not None:
            payload = self._fragments.join(payload, now)
            if not payload:
                return b""
        packet = self._remove(payload) if self._remove is not None else payload
        return mss.clamp(packet, self._max_mss, self._ip_at) if self._max_mss else packet


def framing(kind: Compression, longest: int) -> tuple[Framing | None, Framing | None]:
    """(add, remove); None where there is nothing to do. No packet grows beyond `longest` bytes."""
    add, remove = STUBS.get(kind.stub, (None, None))
    decompress = DECOMPRESSING.get(kind)
    if decompress is not None:
        return add, lambda payload: decompress(payload, longest)
    return add, remove


def ip_offset(options: Options) -> int:
    """Where the IP header starts in what the tun carries."""
    return ETHERNET_HEADER if options.tun.dev_type.value == "tap" else 0


def outer_size(address: Address) -> int:
    """What stands around a datagram on the link, bytes."""
    ip = IPV6 if ":" in address.host else IPV4
    return ip + (TCP + LENGTH_SIZE if address.connection else UDP)


def room(options: Options, cipher: str, size: int) -> int:
    """What fits into a sealed packet of `size` bytes, its header not counted."""
    row = DATA_CIPHERS[cipher]
    if row.aead is not None:
        return size - OVERHEAD
    number = cbc.LONG_SIZE if options.tls.static_key is not None else cbc.PACKET_ID_SIZE
    size -= mac_size(digest_name(options.data.auth))
    if row.mode is None:
        return size - cbc.PACKET_ID_SIZE
    size -= row.block_size  # the IV
    if not row.is_cbc:
        return size
    return size - size % row.block_size - 1 - number


def header_size(options: Options, *, has_peer_id: bool, has_epochs: bool = False) -> int:
    """What stands in front of a sealed packet, bytes; an epoch's packet ids are longer."""
    if options.tls.static_key is not None:
        return 0
    return (V2_SIZE if has_peer_id else V1_SIZE) + (EPOCH_OVERHEAD - OVERHEAD) * has_epochs


def max_mss(options: Options, address: Address, header_size: int, cipher: str = PREFERRED) -> int:
    """The MSS that IPv4 SYNs are lowered to, bytes; 0 leaves them alone [man: --mssfix]."""
    link, size = options.link, options.link.mssfix
    if not size:
        return 0
    if link.mssfix_mode == "fixed":
        return max(size - IP_TCP, mss.MIN_MSS)
    target = size - (outer_size(address) if link.mssfix_mode == "mtu" else 0)
    target = room(options, cipher, target - header_size)
    target -= int(options.data.compression.has_byte)
    target -= FRAGMENT_HEADER if link.fragment else 0
    return max(target - ip_offset(options) - IP_TCP, mss.MIN_MSS)


def fragment_room(
    options: Options, address: Address, header_size: int, cipher: str = PREFERRED
) -> int:
    """Bytes that a datagram of the size of `fragment` carries [man: --fragment]."""
    link = options.link
    outer = outer_size(address) if link.fragment_mode == "mtu" else 0
    return room(options, cipher, link.fragment - outer - header_size)
