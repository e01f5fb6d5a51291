"""A script, run on a host of its own: the stock program between a tun and a socket of ours.

stock_end.py TUN SECONDS WANTED OPTION ... < {"packets": [hex, ...], "datagrams": [hex, ...]}

Packets are put into the tun, datagrams are sent to the stock program's port. Printed is, in the
same form, what it made of them: the datagrams that it sent, and the packets that it gave to the
tun, so many as were wanted of both together.
"""

from __future__ import annotations

import fcntl
import json
import select
import socket
import struct
import subprocess
import sys
import time

PORT = 5001  # of a namespace that nobody else is in
IPV4, IPV6 = 0x0800, 0x86DD
ANY_PROTOCOL = 3
ADDRESSES = ("10.9.0.1", "10.9.0.2")
MAX_SIZE = 4096
GET_FLAGS, IS_UP = 0x8913, 1  # SIOCGIFFLAGS, IFF_UP


def main() -> None:
    """Once through; the log of the stock program goes to the error output."""
    device, seconds, wanted, *options = sys.argv[1:]
    given = json.load(sys.stdin)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        remote = ["--remote", "127.0.0.1", str(link.getsockname()[1])]
        argv = [
            *("openvpn", "--dev", device, *remote, "--lport", str(PORT), "--verb", "4"),
            *("--ifconfig", *ADDRESSES, *options),
        ]
        with subprocess.Popen(argv, stdout=sys.stderr) as process:
            try:
                end = time.monotonic() + float(seconds)
                wait_for_flags(device, end)
                print(json.dumps(exchange(link, device, end, int(wanted), given)))
            finally:
                process.terminate()


def wait_for_flags(device: str, end: float) -> None:
    """Until the interface is up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        while not flags_of(device, any_socket) & IS_UP:
            if time.monotonic() > end:
                raise SystemExit(f"{device} did not come up")


def flags_of(device: str, any_socket: socket.socket) -> int:
    """The flags of an interface; 0 while there is none of that name."""
    try:
        answer = fcntl.ioctl(any_socket, GET_FLAGS, struct.pack("16s16x", device.encode()))
    except OSError:
        return 0
    return int(struct.unpack_from("16xH", answer)[0])


def exchange(
    link: socket.socket, device: str, end: float, wanted: int, given: dict[str, list[str]]
) -> dict[str, list[str]]:
    """Send everything; collect until there is as much as is wanted, or time is over."""
    heard: dict[str, list[str]] = {"datagrams": [], "packets": []}
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ANY_PROTOCOL)) as tun:
        tun.bind((device, ANY_PROTOCOL))
        for packet in given["packets"]:
            kind = IPV4 if packet[0] == "4" else IPV6
            tun.sendto(bytes.fromhex(packet), (device, kind))
        for datagram in given["datagrams"]:
            link.sendto(bytes.fromhex(datagram), ("127.0.0.1", PORT))
        while sum(map(len, heard.values())) < wanted and (left := end - time.monotonic()) > 0:
            for ready in select.select([link, tun], [], [], left)[0]:
                data, way = take(ready)
                if ready is link or way == socket.PACKET_HOST:
                    heard["datagrams" if ready is link else "packets"].append(data.hex())
    return heard


def take(ready: socket.socket) -> tuple[bytes, object]:
    """What came, and which way it went."""
    data, source = ready.recvfrom(MAX_SIZE)
    return data, source[2] if ready.family == socket.AF_PACKET else None


if __name__ == "__main__":
    main()
