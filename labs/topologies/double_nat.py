"""The client is behind two NATs in a row: its own, and that of a provider short of addresses.

  client LAN        carrier's LAN         provider              provider
  192.168.50.0/24   100.64.0.0/24         203.0.113.0/24        198.51.100.0/29

  client .10 --- .1 nat .2 --------- .1 carrier .2 --------- .1 internet .1 ---+
                 (masquerade)           (masquerade)                           |
                                                                               |
  server LAN                     public                                        |
  10.20.0.0/24                   198.51.100.8/29                               |
                                                                               |
  files .10 --- .1 server .10 --- .9 firewall .2 ------------------------------+
  (HTTP)           VPN               (one open port)
                   10.8.0.0/24

100.64.0.0/10 is the prefix that RFC 6598 gives to carriers for this. The tunnel needs nothing of
either NAT but that an answer comes back the way its question went; each forgets by its own clock.
"""

from __future__ import annotations

from labs.addressing import (
    CARRIER,
    CLIENT_LAN,
    CLIENT_PROVIDER,
    SERVER_LAN,
    SERVER_PROVIDER,
    SERVER_PUBLIC,
)
from labs.topology import Firewall, Nat, Node, Opening, Segment, Topology, Vpn

SERVER = "198.51.100.10"

TOPOLOGY = Topology(
    name="double-nat",
    title="a client behind its own NAT and its provider's",
    segments=(
        Segment("client-lan", CLIENT_LAN, {"client": 10, "nat": 1}),
        Segment("carrier-lan", CARRIER, {"nat": 2, "carrier": 1}),
        Segment("provider-c", CLIENT_PROVIDER, {"carrier": 2, "internet": 1}),
        Segment("provider-s", SERVER_PROVIDER, {"internet": 1, "firewall": 2}),
        Segment("public", SERVER_PUBLIC, {"firewall": 1, "server": 2}),
        Segment("server-lan", SERVER_LAN, {"server": 1, "files": 10}),
    ),
    nodes=(
        Node("client", gateway="192.168.50.1"),
        Node("nat", gateway="100.64.0.1", nat=Nat("client-lan", "carrier-lan")),
        Node("carrier", gateway="203.0.113.1", nat=Nat("carrier-lan", "provider-c")),
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
    ),
    drawing=__doc__.partition("\n\n")[2].rpartition("\n\n")[0],
)
