"""Joins the standard input and output of `docker exec` to the keeper of this container.

A line is a request, and the line after it the answer. It runs once for each program that has the
lab open, so it imports as little as can be.
"""

from __future__ import annotations

import socket
import sys
import time

KEEPER = "/run/lab-keeper"
RUN = "LAB_RUN"  # in the environment of a program: which `popen` of the host it belongs to
LARGEST = 1 << 18
START_SECONDS, INTERVAL = 10.0, 0.01


def connected() -> socket.socket:
    """A connection to the keeper, which may be starting still."""
    keeper = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    keeper.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LARGEST)
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            keeper.connect(KEEPER)
        except (FileNotFoundError, ConnectionRefusedError):
            if time.monotonic() > end:
                raise
            time.sleep(INTERVAL)
        else:
            return keeper


def main() -> None:
    """Pass requests on until the input ends."""
    keeper = connected()
    for request in sys.stdin.buffer:
        keeper.sendall(request.rstrip(b"\n"))
        answer = keeper.recv(LARGEST)
        if not answer:
            return
        sys.stdout.buffer.write(answer + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
