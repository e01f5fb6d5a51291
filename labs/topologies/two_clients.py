"""Two client LANs with the same prefix, and in each a client with the same address.

  client LANs              provider         provider           public            server LAN
  192.168.50.0/24, twice   203.0.113.0/24   198.51.100.0/29    198.51.100.8/29   10.20.0.0/24

  client-a .10 --- .1 nat-a .2 --+-- .1 internet .1 --- .2 firewall .9 --- .10 server .1 - files .10
                  (masquerade)   |                     (one open port)     VPN             (HTTP)
                                 |                                         10.8.0.0/24
  client-b .10 --- .1 nat-b .3 --+
                  (masquerade)

Each NAT has an address of its own outside, so the server can tell the two apart; inside the tunnel
each client gets an address of its own, too, and by that they reach each other: the server's kernel
sends it back into the tunnel, or with `client-to-client` the VPN does and no kernel sees it.
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
    name="two-clients",
    title="two clients with the same address, each behind a NAT of its own",
    segments=(
        Segment("client-lan-a", CLIENT_LAN, {"client-a": 10, "nat-a": 1}),
        Segment("client-lan-b", CLIENT_LAN, {"client-b": 10, "nat-b": 1}),
        Segment("provider-c", CLIENT_PROVIDER, {"nat-a": 2, "nat-b": 3, "internet": 1}),
        Segment("provider-s", SERVER_PROVIDER, {"internet": 1, "firewall": 2}),
        Segment("public", SERVER_PUBLIC, {"firewall": 1, "server": 2}),
        Segment("server-lan", SERVER_LAN, {"server": 1, "files": 10}),
    ),
    nodes=(
        Node("client-a", gateway="192.168.50.1"),
        Node("nat-a", gateway="203.0.113.1", nat=Nat("client-lan-a", "provider-c")),
        Node("client-b", gateway="192.168.50.1"),
        Node("nat-b", gateway="203.0.113.1", nat=Nat("client-lan-b", "provider-c")),
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
        clients=("client-a", "client-b"),
        server="server",
        remote=SERVER,
        target="files",
        routes=(SERVER_LAN,),
    ),
    drawing=__doc__.partition("\n\n")[2].rpartition("\n\n")[0],
)
