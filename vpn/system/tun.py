"""The tun or tap device: packets out of the kernel and into it.

Before: the kernel's routing
After: tunnel/one_remote.py OneRemote.encapsulate
"""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import struct
from contextlib import suppress

from vpn.config.options import DevType, TunOptions
from vpn.errors import SystemFailure
from vpn.system.arrays import Arrays, arrays
from vpn.system.offload import GSO_TCPV4, GSO_TCPV6, GSO_UDP, PLAIN, Group, buffers, coalesce
from vpn.system.segment import packets_of
from vpn.trace import NOTICE

log = logging.getLogger("vpn.tun")

CLONE_DEVICE = "/dev/net/tun"
TUNSETIFF = 0x400454CA  # <linux/if_tun.h>
IFF_TUN, IFF_TAP, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x0002, 0x1000, 0x4000
TUNSETOFFLOAD = 0x400454D0
TUNSETVNETHDRSZ = 0x400454D8
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6, TUN_F_USO4, TUN_F_USO6 = 0x01, 0x02, 0x04, 0x20, 0x40
TUN_F_TSO, TUN_F_USO = TUN_F_TSO4 | TUN_F_TSO6, TUN_F_USO4 | TUN_F_USO6
HEADER_SIZE = struct.Struct("=i")
INTERFACE_REQUEST = struct.Struct("16sH22x")  # struct ifreq: name, flags
NAME_SIZE = 15
ROOM = 64  # Ethernet and VLAN headers, and some
HEADER = len(PLAIN)  # what stands in front of each packet
WORTH_JOINING = 4  # packets
SUPER_SIZE = 1 << 17  # bytes: more than any super-packet

HINTS = {
    errno.ENOENT: "`modprobe tun`, or give the container --device /dev/net/tun",
    errno.ENODEV: "`modprobe tun`",
    errno.EACCES: "run as root, or `chmod 0666 /dev/net/tun`",
    errno.EPERM: "run as root or with CAP_NET_ADMIN, or use an interface made for this user "
    "(`ip tuntap add`)",
    errno.EBUSY: "another process uses this interface: name another one with --dev",
}


class Tun:
    """An open device. `name` is what the kernel called it."""

    def __init__(self, descriptor: int, name: str, dev_type: DevType, mtu: int) -> None:
        self.name = name
        self.dev_type = dev_type
        self._descriptor = descriptor
        self._size = max(2048, mtu + ROOM)
        self._ip_at = 14 if dev_type is DevType.TAP else 0
        self._kinds = _kinds(descriptor)
        self._arrays: Arrays | None = None  # with which super-packets are cut
        self._read = memoryview(b"")

    @classmethod
    def open(cls, options: TunOptions) -> Tun:
        """The named device, or the next free one for a bare `tun` or `tap`."""
        node = options.dev_node or CLONE_DEVICE
        kind = options.dev_type
        name = f"{options.dev}%d" if options.dev in ("tun", "tap") else options.dev
        mode = IFF_TUN if kind is DevType.TUN else IFF_TAP
        request = INTERFACE_REQUEST.pack(name.encode()[:NAME_SIZE], mode | IFF_NO_PI | IFF_VNET_HDR)
        try:
            descriptor = os.open(node, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as problem:
            raise _failure(f"Cannot open TUN/TAP dev {node}", problem) from problem
        try:
            answer = fcntl.ioctl(descriptor, TUNSETIFF, request)
            # A persistent interface keeps what its last user wished.
            fcntl.ioctl(descriptor, TUNSETVNETHDRSZ, HEADER_SIZE.pack(HEADER))
        except OSError as problem:
            os.close(descriptor)
            raise _failure(f"Cannot ioctl TUNSETIFF {options.dev}", problem) from problem
        name = INTERFACE_REQUEST.unpack(answer)[0].rstrip(b"\0").decode()
        log.log(NOTICE, "TUN/TAP device %s opened", name)
        return cls(descriptor, name, kind, options.tun_mtu)

    def fileno(self) -> int:
        """The descriptor to wait for."""
        return self._descriptor

    def read_batch(self, limit: int) -> list[bytes]:
        """Packets until none is left, or `limit` and what else the last read brings."""
        packets: list[bytes] = []
        try:
            if self._arrays is not None:
                self._read_super(packets, limit, self._arrays)
            else:
                self._read_each(packets, limit)
        except BlockingIOError:
            pass
        except OSError as problem:
            if problem.errno != errno.EIO:  # the interface is down
                raise SystemFailure(f"read from {self.name}: {problem.strerror}") from problem
        if self._arrays is None and len(packets) >= WORTH_JOINING and self._kinds:
            self._ask_for_super_packets()
        return packets

    def _read_each(self, packets: list[bytes], limit: int) -> None:
        """The kernel cuts."""
        read, descriptor, size = os.read, self._descriptor, self._size
        for _ in range(limit):  # kept when a read fails
            packets.append(read(descriptor, size)[HEADER:])  # noqa: PERF401

    def _read_super(self, packets: list[bytes], limit: int, arrays: Arrays) -> None:
        """We cut."""
        descriptor, at, view = self._descriptor, self._ip_at, self._read
        room = (view,)
        while len(packets) < limit:
            packets += packets_of(view[: os.readv(descriptor, room)], at, arrays)

    def _ask_for_super_packets(self) -> None:
        """From now on, if there is something to cut them with."""
        if (loaded := arrays()) is None:
            return
        wanted = TUN_F_CSUM | TUN_F_TSO | (TUN_F_USO if GSO_UDP in self._kinds else 0)
        fcntl.ioctl(self._descriptor, TUNSETOFFLOAD, wanted)
        self._arrays, self._read = loaded, memoryview(bytearray(SUPER_SIZE))

    def write_batch(self, packets: list[bytes]) -> None:
        """In super-packets if possible; what the kernel refuses is lost, as on any wire."""
        if len(packets) >= WORTH_JOINING and self._kinds and (loaded := arrays()) is not None:
            self._write_groups(coalesce(packets, self._ip_at, self._kinds, loaded))
            return
        self._write_each(packets)

    def _write_each(self, packets: list[bytes]) -> None:
        write, descriptor = os.write, self._descriptor
        for packet in packets:
            try:
                write(descriptor, PLAIN + packet)
            except OSError as problem:
                log.debug("write to %s: %s", self.name, problem.strerror)

    def _write_groups(self, groups: list[Group]) -> None:
        for group in groups:
            try:
                os.writev(self._descriptor, buffers(group, self._ip_at))
            except OSError as problem:
                if len(group.packets) > 1 and problem.errno == errno.EINVAL:
                    self._kinds -= {group.kind}
                    self._write_each(group.packets)
                else:
                    log.debug("write to %s: %s", self.name, problem.strerror)

    def close(self) -> None:
        """Close the descriptor; the kernel removes the interface unless it is persistent."""
        os.close(self._descriptor)


def _kinds(descriptor: int) -> frozenset[int]:
    """The super-packets that this kernel takes. UDP is the newer kind (Linux 6.2)."""
    kinds = {GSO_TCPV4, GSO_TCPV6}
    with suppress(OSError):
        fcntl.ioctl(descriptor, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_USO)
        kinds.add(GSO_UDP)
    fcntl.ioctl(descriptor, TUNSETOFFLOAD, 0)  # none for us, until there is something to cut them
    return frozenset(kinds)


def _failure(what: str, problem: OSError) -> SystemFailure:
    number = problem.errno or 0
    text = f"ERROR: {what}: {os.strerror(number)} (errno={number})"
    hint = HINTS.get(number)
    return SystemFailure(f"{text} -- {hint}" if hint else text)
