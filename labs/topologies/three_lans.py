"""A client LAN behind a NAT, the internet, and a server LAN behind a firewall.

  client LAN              provider         provider           public            server LAN
  192.168.50.0/24         203.0.113.0/24   198.51.100.0/29    198.51.100.8/29   10.20.0.0/24

  client .10 --+-- .1 nat .2 --- .1 internet .1 --- .2 firewall .9 --- .10 server .1 --- .10 files
  laptop .11 --+   (masquerade)                     (one open port)    VPN          (HTTP, FTP, DNS)
                                                                       10.8.0.0/24

Without the tunnel the client LAN and `files` cannot reach each other: nobody on the way knows a
route to either's private network, and the firewall lets in only the VPN's port.
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
    name="three-lans",
    title="a client LAN behind a NAT, the internet, a server LAN behind a firewall",
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
        Node("nat", gateway="203.0.113.1", nat=Nat(inside="client-lan", outside="provider-c")),
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
        Node("files", gateway="10.20.0.1", services=("http", "ftp", "dns")),
    ),
    vpn=Vpn(
        clients=("client",),
        server="server",
        remote=SERVER,
        target="files",
        routes=(SERVER_LAN,),
    ),
    drawing=__doc__.partition("\n\n")[2].rpartition("\n\n")[0],
)
