"""Addresses and routes of the network namespace that this thread is in."""

from __future__ import annotations

import ipaddress

from pyroute2 import IPRoute

from netns.link import index_of

IFA_F_NODAD = 0x02  # rtnetlink: no duplicate address detection


def change_address(command: str, dev: str, address: str) -> None:
    """Give a link an address ("add"; "replace": or leave it), or take it away ("del").

    It is written with its prefix length: "192.168.50.10/24".
    IPv6 skips duplicate detection; routes that used an address go with it.
    """
    interface = ipaddress.ip_interface(address)
    network = interface.network
    is_shared = interface.version == 4 and network.prefixlen < 31
    with IPRoute(ext_ack=True) as kernel:
        kernel.addr(
            command,
            index=index_of(dev),
            address=str(interface),
            broadcast=str(network.broadcast_address) if is_shared else None,
            flags=IFA_F_NODAD if interface.version == 6 else 0,
        )


def flush(dev: str) -> None:
    """Take all addresses from a link."""
    with IPRoute() as kernel:
        kernel.flush_addr(index=index_of(dev))


def destination(text: str, via: str | None) -> str:
    """Read a route's destination; "default" is of the gateway's family."""
    if text == "default":
        return "::/0" if via and ":" in via else "0.0.0.0/0"
    return str(ipaddress.ip_network(text))


def change_route(
    command: str,
    to: str,
    via: str | None = None,
    dev: str | None = None,
    metric: int | None = None,
    kind: str = "unicast",
) -> None:
    """Add a route ("replace": or replace that of equal destination and metric), or "del" it."""
    with IPRoute(ext_ack=True) as kernel:
        kernel.route(
            command,
            dst=destination(to, via),
            gateway=via,
            oif=index_of(dev) if dev else None,
            priority=metric,
            type=kind,
            scope="link" if dev and not via else "universe",
        )
