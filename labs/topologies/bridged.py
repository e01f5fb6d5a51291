"""The server's tap is a port of a kernel bridge: the client is in the server's LAN, by its frames.

  client LAN              provider         provider           public            server LAN
  192.168.50.0/24         203.0.113.0/24   198.51.100.0/29    198.51.100.8/29   10.20.0.0/24

  client .10 --+-- .1 nat .2 --- .1 internet .1 --- .2 firewall .9 --- .10 server
  laptop .11 --+   (masquerade)                     (one open port)        br0 .1 --+-- .10 files
                                                                                    |   (HTTP)
  client's tap0 .100 =================== VPN =================== server's tap0 =====+

The client has an address of the server's LAN and hears its broadcasts. Nothing is routed between
the tunnel and that LAN.
"""

from __future__ import annotations

from labs.addressing import (
    CLIENT_LAN,
    CLIENT_PROVIDER,
    SERVER_LAN,
    SERVER_PROVIDER,
    SERVER_PUBLIC,
)
from labs.topology import Bridge, Firewall, Nat, Node, Opening, Segment, Topology, Vpn

SERVER = "198.51.100.10"

TOPOLOGY = Topology(
    name="bridged",
    title="a tap in a bridge with the server's LAN: the client is in that LAN",
    segments=(
        Segment("client-lan", CLIENT_LAN, {"client": 10, "laptop": 11, "nat": 1}),
        Segment("provider-c", CLIENT_PROVIDER, {"nat": 2, "internet": 1}),
        Segment("provider-s", SERVER_PROVIDER, {"internet": 1, "firewall": 2}),
        Segment("public", SERVER_PUBLIC, {"firewall": 1, "server": 2}),
        Segment("server-lan", SERVER_LAN, {"server": 1, "files": 10}),
    ),
    nodes=(
        Node("client", gateway="192.168.50.1"),
        Node("laptop", gateway="192.168.50.1"),
        Node("nat", gateway="203.0.113.1", nat=Nat("client-lan", "provider-c")),
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
        Node("server", gateway="198.51.100.9", bridge=Bridge("server-lan", pool=(100, 150))),
        Node("files", gateway="10.20.0.1", services=("http",)),
    ),
    vpn=Vpn(clients=("client",), server="server", remote=SERVER, target="files"),
    drawing=__doc__.partition("\n\n")[2].rpartition("\n\n")[0],
)
