"""The client's LAN and one of the server's have the same prefix, as home routers give it away.

  client LAN              provider         provider           public
  192.168.0.0/24          203.0.113.0/24   198.51.100.0/29    198.51.100.8/29

  client .10 ---+-- .1 nat .2 --- .1 internet .1 --- .2 firewall .9 --- .10 server (VPN 10.8.0.0/24)
  printer .20 --+   (masquerade)                     (one open port)        .1 |
                                                                               |
  files .20 ------- old LAN 192.168.0.0/24 ------------------------------------+
  web .10 --------- server LAN 10.20.0.0/24 -----------------------------------+

`printer` and `files` have the same address. The server pushes a route to 10.20.0.0/24 only: `web`
is reached through the tunnel, and 192.168.0.20 is the printer next door. A pushed route to
192.168.0.0/24 takes the client's own LAN away from it for as long as the tunnel is up.
"""

from __future__ import annotations

from labs.addressing import (
    CLIENT_PROVIDER,
    COMMON_LAN,
    SERVER_LAN,
    SERVER_PROVIDER,
    SERVER_PUBLIC,
)
from labs.topology import Firewall, Nat, Node, Opening, Segment, Topology, Vpn

SERVER = "198.51.100.10"

TOPOLOGY = Topology(
    name="overlapping",
    title="the client's LAN and one of the server's have the same prefix",
    segments=(
        Segment("client-lan", COMMON_LAN, {"client": 10, "printer": 20, "nat": 1}),
        Segment("provider-c", CLIENT_PROVIDER, {"nat": 2, "internet": 1}),
        Segment("provider-s", SERVER_PROVIDER, {"internet": 1, "firewall": 2}),
        Segment("public", SERVER_PUBLIC, {"firewall": 1, "server": 2}),
        Segment("old-lan", COMMON_LAN, {"server": 1, "files": 20}),
        Segment("server-lan", SERVER_LAN, {"server": 1, "web": 10}),
    ),
    nodes=(
        Node("client", gateway="192.168.0.1"),
        Node("printer", gateway="192.168.0.1", services=("http",)),
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
        Node("server", gateway="198.51.100.9", forwards=True),
        Node("files", gateway="192.168.0.1", services=("http",)),
        Node("web", gateway="10.20.0.1", services=("http",)),
    ),
    vpn=Vpn(
        clients=("client",),
        server="server",
        remote=SERVER,
        target="web",
        routes=(SERVER_LAN,),
    ),
    drawing=__doc__.partition("\n\n")[2].rpartition("\n\n")[0],
)
