"""A script, run on a host of its own: the stock program between a tun and a socket of ours.

stock_end.py TUN SECONDS OPTION ... < {"packets": [hex, ...], "datagrams": [hex, ...]}

Packets are put into the tun, datagrams are sent to the stock program's port. Printed is, in the
same form, what it made of them: the datagrams that it sent, and the packets that it gave to the
tun, until nothing more came.
"""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
import time

PORT = 5001  # of a namespace that nobody else is in
IPV4, IPV6 = 0x0800, 0x86DD
ANY_PROTOCOL = 3
ADDRESSES = ("10.9.0.1", "10.9.0.2")
MAX_SIZE = 4096
QUIET = 0.5  # seconds without anything: it was all
READY = "link remote"  # both sides are open then


def main() -> None:
    """Once through; the log of the stock program goes to the error output."""
    device, seconds, *options = sys.argv[1:]
    given = json.load(sys.stdin)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        link.bind(("127.0.0.1", 0))
        remote = ["--remote", "127.0.0.1", str(link.getsockname()[1])]
        argv = [
            *("openvpn", "--dev", device, *remote, "--lport", str(PORT), "--verb", "4"),
            *("--ifconfig", *ADDRESSES, *options),
        ]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                for line in process.stdout:
                    print(line, end="", file=sys.stderr)
                    if READY in line:
                        print(json.dumps(exchange(link, device, float(seconds), given)))
                        break
            finally:
                process.terminate()


def exchange(
    link: socket.socket, device: str, seconds: float, given: dict[str, list[str]]
) -> dict[str, list[str]]:
    """Send everything; collect until no more comes, or time is over."""
    heard: dict[str, list[str]] = {"datagrams": [], "packets": []}
    with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ANY_PROTOCOL)) as tun:
        tun.bind((device, ANY_PROTOCOL))
        for packet in given["packets"]:
            kind = IPV4 if packet[0] == "4" else IPV6
            tun.sendto(bytes.fromhex(packet), (device, kind))
        for datagram in given["datagrams"]:
            link.sendto(bytes.fromhex(datagram), ("127.0.0.1", PORT))
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            readable = select.select([link, tun], [], [], QUIET if any(heard.values()) else left)[0]
            if not readable:
                break
            for ready in readable:
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
