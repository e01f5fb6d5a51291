"""Two servers share one public address, by a load balancer; two lines lead to it.

  client LAN        provider         line a 198.51.100.0/29   public            servers
  192.168.50.0/24   203.0.113.0/24   line b 192.0.2.0/29      198.51.100.8/29   10.30.0.0/24

                                        +- a - .2 firewall-a .9 --+                   + .11 server-a
  client .10 - .1 nat .2 - .1 internet .1                         +- .10 balancer .1 -+
              (masquerade)              +- b - .2 firewall-b .11 -+                   + .12 server-b

  server-a .1 --+-- server LAN 10.20.0.0/24 -- .10 files      VPN of server-a: 10.8.0.0/24
  server-b .2 --+                              (HTTP)         VPN of server-b: 10.9.0.0/24

All goes by line a, through firewall-a, both ways; line b is there to fail over to. Each firewall
lets in what is for the VPN, and out only the answers to what it has let in: an answer that takes
the other line is dropped there. The balancer remembers nothing, it rewrites packet by packet.
"""

from __future__ import annotations

from labs.addressing import (
    CLIENT_LAN,
    CLIENT_PROVIDER,
    SECOND_LINE,
    SECOND_TUNNEL,
    SERVER_LAN,
    SERVER_PROVIDER,
    SERVER_PUBLIC,
    SERVERS,
)
from labs.topology import Balancer, Firewall, Nat, Node, Opening, Segment, Topology, Vpn

PUBLIC = "198.51.100.10"
OPEN = (Opening("udp", 1194, to=PUBLIC), Opening("tcp", 1194, to=PUBLIC))

TOPOLOGY = Topology(
    name="two-servers",
    title="two servers behind a load balancer, and two lines to it",
    segments=(
        Segment("client-lan", CLIENT_LAN, {"client": 10, "nat": 1}),
        Segment("provider-c", CLIENT_PROVIDER, {"nat": 2, "internet": 1}),
        Segment("line-a", SERVER_PROVIDER, {"internet": 1, "firewall-a": 2}),
        Segment("line-b", SECOND_LINE, {"internet": 1, "firewall-b": 2}),
        Segment("public", SERVER_PUBLIC, {"firewall-a": 1, "balancer": 2, "firewall-b": 3}),
        Segment("servers", SERVERS, {"balancer": 1, "server-a": 11, "server-b": 12}),
        Segment("server-lan", SERVER_LAN, {"server-a": 1, "server-b": 2, "files": 10}),
    ),
    nodes=(
        Node("client", gateway="192.168.50.1"),
        Node("nat", gateway="203.0.113.1", nat=Nat("client-lan", "provider-c")),
        Node("internet", forwards=True, routes={SERVER_PUBLIC: "198.51.100.2"}),
        Node(
            "firewall-a",
            gateway="198.51.100.1",
            firewall=Firewall("public", "line-a", open=OPEN, answers_only=True),
        ),
        Node(
            "firewall-b",
            gateway="192.0.2.1",
            firewall=Firewall("public", "line-b", open=OPEN, answers_only=True),
        ),
        Node("balancer", gateway="198.51.100.9", balancer=Balancer("servers", "public")),
        Node("server-a", gateway="10.30.0.1", forwards=True),
        Node("server-b", gateway="10.30.0.1", forwards=True),
        Node("files", gateway="10.20.0.1", routes={SECOND_TUNNEL: "10.20.0.2"}, services=("http",)),
    ),
    vpn=Vpn(
        clients=("client",),
        server="server-a",
        more_servers={"server-b": SECOND_TUNNEL},
        remote=PUBLIC,
        target="files",
        routes=(SERVER_LAN,),
    ),
    drawing=__doc__.partition("\n\n")[2].rpartition("\n\n")[0],
)
