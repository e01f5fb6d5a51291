"""Three clients with one server: two are the gateways of their LANs, one is on the road.

  client LANs               provider         provider           public            server LAN
  192.168.51.0/24,          203.0.113.0/24   198.51.100.0/29    198.51.100.8/29   10.20.0.0/24
  192.168.52.0/24

  pc-a .10 - .1 client-a .2 --+
  pc-b .10 - .1 client-b .3 --+-- .1 internet .1 --- .2 firewall .9 --- .10 server .1 --- files .10
                client-c .4 --+                     (one open port)     VPN               (HTTP)
                                                                        10.8.0.0/24

Each client is told the way to all the LANs but its own. What one sends to another meets at the
server: with `client-to-client` inside the VPN, else in the server's kernel, which forwards it.
"""

from __future__ import annotations

from labs.addressing import (
    CLIENT_PROVIDER,
    SERVER_LAN,
    SERVER_PROVIDER,
    SERVER_PUBLIC,
    SITE_A,
    SITE_B,
)
from labs.topology import Firewall, Nat, Node, Opening, Segment, Topology, Vpn

SERVER = "198.51.100.10"

TOPOLOGY = Topology(
    name="three-sites",
    title="three clients, two of them with a LAN, that reach each other by one server",
    segments=(
        Segment("lan-a", SITE_A, {"pc-a": 10, "client-a": 1}),
        Segment("lan-b", SITE_B, {"pc-b": 10, "client-b": 1}),
        Segment(
            "provider-c",
            CLIENT_PROVIDER,
            {"client-a": 2, "client-b": 3, "client-c": 4, "internet": 1},
        ),
        Segment("provider-s", SERVER_PROVIDER, {"internet": 1, "firewall": 2}),
        Segment("public", SERVER_PUBLIC, {"firewall": 1, "server": 2}),
        Segment("server-lan", SERVER_LAN, {"server": 1, "files": 10}),
    ),
    nodes=(
        Node("pc-a", gateway="192.168.51.1", services=("http",)),
        Node("client-a", gateway="203.0.113.1", nat=Nat("lan-a", "provider-c")),
        Node("pc-b", gateway="192.168.52.1", services=("http",)),
        Node("client-b", gateway="203.0.113.1", nat=Nat("lan-b", "provider-c")),
        Node("client-c", gateway="203.0.113.1"),
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
        clients=("client-a", "client-b", "client-c"),
        server="server",
        remote=SERVER,
        target="files",
        routes=(SERVER_LAN, SITE_A, SITE_B),
        iroutes={"client-a": (SITE_A,), "client-b": (SITE_B,)},
    ),
    drawing=__doc__.partition("\n\n")[2].rpartition("\n\n")[0],
)
