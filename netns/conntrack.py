"""The table of flows that a NAT or a stateful firewall remembers, and how to make it forget.

A router that has forgotten gives the same flow another port outside, as after a restart.
"""

from __future__ import annotations

import os
import socket
import struct

NETLINK_NETFILTER = 12
CTNETLINK_DELETE = (1 << 8) | 2  # subsystem conntrack, message delete
NLM_F_REQUEST_ACK = 0x5


def forget_all() -> None:
    """Forget every flow of the network namespace that this thread is in."""
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as kernel:
        body = struct.pack("=BBH", socket.AF_UNSPEC, 0, 0)
        header = struct.pack("=IHHII", 16 + len(body), CTNETLINK_DELETE, NLM_F_REQUEST_ACK, 1, 0)
        kernel.send(header + body)
        (number,) = struct.unpack_from("=i", kernel.recv(4096), 16)
    if number != 0:
        raise OSError(-number, os.strerror(-number))
