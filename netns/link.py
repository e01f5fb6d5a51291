"""Links of the network namespace that this thread is in: cables, bridges, taps, and their state."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import struct
from typing import Any

from pyroute2 import IPRoute
from pyroute2.ethtool.ioctl import IoctlEthtool

TUN_DEVICE = "/dev/net/tun"
TUNSETIFF, TUNSETPERSIST = 0x400454CA, 0x400454CB  # linux/if_tun.h
UDP_SEGMENTATION = "tx-udp-segmentation"
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000


def links() -> list[dict[str, Any]]:
    """List what the kernel says of each link, in the fields of `node.Link`."""
    with IPRoute() as kernel:
        return [
            {
                "name": link.get("ifname"),
                "index": link["index"],
                "operstate": link.get("operstate").lower(),
                "is_up": link["state"] == "up",
                "mtu": link.get("mtu"),
                "mac": link.get("address") or "",
            }
            for link in kernel.link("dump")
        ]


def names() -> list[str]:
    """List the links by name alone."""
    return [name for _index, name in socket.if_nameindex()]


def index_of(name: str) -> int:
    """Find a link's number, which requests want."""
    try:
        return socket.if_nametoindex(name)
    except OSError:
        why = f"no link {name}, only {', '.join(sorted(names()))}"
        raise OSError(errno.ENODEV, why) from None


def name_of(index: int) -> str:
    """Find a link's name by its number."""
    return socket.if_indextoname(index)


def add_bridge(name: str) -> None:
    """Make a bridge that forwards at once: no spanning tree, no snooping."""
    with IPRoute(ext_ack=True) as kernel:
        kernel.link(
            "add", ifname=name, kind="bridge", state="up",
            br_forward_delay=0, br_stp_state=0, br_mcast_snooping=0,
        )  # fmt: skip


def add_veth(name: str, *, bridge: str, mtu: int, peer: dict[str, Any]) -> None:
    """Make a cable from a port of a bridge here to a link in another namespace, both ends down.

    An end that comes up in the request that also gives its master is refused with ENOTCONN.
    """
    with IPRoute(ext_ack=True) as kernel:
        kernel.link(
            "add", ifname=name, kind="veth", mtu=mtu, master=index_of(bridge),
            peer={"mtu": mtu, **peer},
        )  # fmt: skip


def cut_trains(name: str) -> None:
    """Have the kernel cut trains of UDP datagrams before this link, not behind it.

    Else a veth carries a train whole, and what stands on its way, a firewall's rule or a capture,
    sees one packet of 64 kB [Documentation/networking/segmentation-offloads].
    """
    port = IoctlEthtool(name)
    try:
        features = port.get_features()
        if UDP_SEGMENTATION in features.keys():  # noqa: SIM118 (it is no dict)
            features[UDP_SEGMENTATION] = False
            port.set_features(features)
    finally:
        port.close()


def add_tap(name: str) -> None:
    """Make a tap that is there also when no program has it open."""
    device = os.open(TUN_DEVICE, os.O_RDWR)
    try:
        fcntl.ioctl(device, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
        fcntl.ioctl(device, TUNSETPERSIST, 1)
    finally:
        os.close(device)


def change(name: str, **words: Any) -> None:
    """Change a link: `state="down"`, `mtu=1400`, `ifname="eth1"`."""
    with IPRoute(ext_ack=True) as kernel:
        kernel.link("set", index=index_of(name), **words)
