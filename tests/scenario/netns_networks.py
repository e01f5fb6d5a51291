"""Small networks that the tests of netns are told in."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from netns import Node, Sandbox

PYTHON = [sys.executable, "-I", "-S", "-u", "-c"]


def two_hosts(sandbox: Sandbox) -> tuple[Node, Node]:
    """client .1 ---- lan 192.0.2.0/24 ---- .2 server"""
    client, server = sandbox.add_node("client"), sandbox.add_node("server")
    sandbox.add_segment("lan", [(client, "eth0"), (server, "eth0")])
    client.add_address("eth0", "192.0.2.1/24")
    server.add_address("eth0", "192.0.2.2/24")
    return client, server


def behind_a_router(sandbox: Sandbox) -> tuple[Node, Node, Node, Node]:
    """client .10 ---- 192.168.50.0/24 ---- .1 router .1 ---- 203.0.113.0/24 ---- .2 near, .3 far"""
    client, router = sandbox.add_node("client"), sandbox.add_node("router")
    near, far = sandbox.add_node("near"), sandbox.add_node("far")
    sandbox.add_segment("inside", [(client, "eth0"), (router, "eth0")])
    sandbox.add_segment("outside", [(router, "eth1"), (near, "eth0"), (far, "eth0")])
    client.add_address("eth0", "192.168.50.10/24")
    router.add_address("eth0", "192.168.50.1/24")
    router.add_address("eth1", "203.0.113.1/24")
    near.add_address("eth0", "203.0.113.2/24")
    far.add_address("eth0", "203.0.113.3/24")
    client.add_route("default", via="192.168.50.1")
    router.set_sysctl("net.ipv4.ip_forward", 1)
    return client, router, near, far


def ping(node: Node, address: str) -> bool:
    """Does one ping come back within a second?"""
    done = node.run(["ping", "-n", "-c1", "-W1", address], check=False)
    return done.returncode == 0
