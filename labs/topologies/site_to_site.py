"""A branch whose gateway is the VPN client: either LAN is reached from the other.

  branch LAN               provider         provider           public            server LAN
  192.168.50.0/24          203.0.113.0/24   198.51.100.0/29    198.51.100.8/29   10.20.0.0/24

  branch-pc .10 --- .1 client .2 --- .1 internet .1 --- .2 firewall .9 -- .10 server .1 - files .10
                      VPN                              (one open port)        VPN         (HTTP)
                      (masquerade, not into the tunnel)                       10.8.0.0/24

The server's kernel sends what is for 192.168.50.0/24 into the tunnel (`route`), and the VPN sends
it on to `client` (`iroute`): with one of the two alone, `files` does not reach `branch-pc`.
"""

from __future__ import annotations

from labs.addressing import (
    CLIENT_LAN,
    CLIENT_PROVIDER,
    SERVER_LAN,
    SERVER_PROVIDER,
    SERVER_PUBLIC,
)
from labs.topology import Firewall, Nat, Node, Opening, Segment, Topology, Vpn

SERVER = "198.51.100.10"

TOPOLOGY = Topology(
    name="site-to-site",
    title="a branch office whose gateway is the client, and the server's LAN",
    segments=(
        Segment("branch-lan", CLIENT_LAN, {"branch-pc": 10, "client": 1}),
        Segment("provider-c", CLIENT_PROVIDER, {"client": 2, "internet": 1}),
        Segment("provider-s", SERVER_PROVIDER, {"internet": 1, "firewall": 2}),
        Segment("public", SERVER_PUBLIC, {"firewall": 1, "server": 2}),
        Segment("server-lan", SERVER_LAN, {"server": 1, "files": 10}),
    ),
    nodes=(
        Node("branch-pc", gateway="192.168.50.1", services=("http",)),
        Node("client", gateway="203.0.113.1", nat=Nat("branch-lan", "provider-c")),
        Node("internet", forwards=True, routes={SERVER_PUBLIC: "198.51.100.2"}),
        Node(
            "firewall",
            gateway="198.51.100.1",
            firewall=Firewall(
                inside="public",
                outside="provider-s",
                open=(Opening("udp", 1194, to=SERVER), Opening("tcp", 1194, to=SERVER)),
            ),
        ),
        Node("server", gateway="198.51.100.9", forwards=True),
        Node("files", gateway="10.20.0.1", services=("http",)),
    ),
    vpn=Vpn(
        clients=("client",),
        server="server",
        remote=SERVER,
        target="files",
        routes=(SERVER_LAN,),
        iroutes={"client": (CLIENT_LAN,)},
    ),
    drawing=__doc__.partition("\n\n")[2].rpartition("\n\n")[0],
)
