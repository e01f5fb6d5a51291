"""What the nodes of a running lab have right now: their links and addresses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labs.build import RunningNode

Addresses = dict[str, list[str]]  # by link, with prefix lengths


def addresses(node: RunningNode) -> Addresses:
    """Ask the kernel for a node's addresses, without loopback and link-local ones.

    The addresses of a bridge are those of its ports: each of them leads there.
    """
    said = json.loads(node.run(["ip", "-json", "address", "show"]).stdout or "[]")
    links = [link for link in said if link.get("ifname") not in {None, "lo"}]
    found = {
        link["ifname"]: [
            f"{one['local']}/{one['prefixlen']}"
            for one in link["addr_info"]
            if one.get("scope") != "link" and "local" in one
        ]
        for link in links
    }
    bridge_of = {link["ifname"]: link["master"] for link in links if "master" in link}
    for port, bridge in bridge_of.items():
        found[port] += found[bridge]
    return {dev: held for dev, held in found.items() if dev not in bridge_of.values()}


def all_addresses(nodes: Mapping[str, RunningNode]) -> dict[str, Addresses]:
    """The same for all nodes."""
    return {name: addresses(node) for name, node in nodes.items()}


def tunnel_links(found: Addresses) -> Addresses:
    """Those links that are not cables of the topology: the VPN's tun or tap."""
    return {dev: held for dev, held in found.items() if not dev.startswith("eth")}
