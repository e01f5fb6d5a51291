"""The server has a private address only; the NAT in front of it forwards the VPN's port.

  client LAN              provider         provider           server LAN
  192.168.50.0/24         203.0.113.0/24   198.51.100.0/29    10.20.0.0/24

  client .10 --+-- .1 nat .2 --- .1 internet .1 --- .2 gate .1 --+-- .2 server   VPN 10.8.0.0/24
  laptop .11 --+   (masquerade)                   (masquerade;   +-- .10 files   (HTTP)
                                                  forwards one port)

The client is given the address of `gate`. An answer for the tunnel must find the server, and not
the gateway of the LAN: so `files` has a route of its own to 10.8.0.0/24.
"""

from __future__ import annotations

from labs.addressing import CLIENT_LAN, CLIENT_PROVIDER, SERVER_LAN, SERVER_PROVIDER, TUNNEL
from labs.topology import Forward, Nat, Node, Segment, Topology, Vpn

SERVER = "10.20.0.2"

TOPOLOGY = Topology(
    name="server-behind-nat",
    title="a server behind a NAT that forwards the VPN's port",
    segments=(
        Segment("client-lan", CLIENT_LAN, {"client": 10, "laptop": 11, "nat": 1}),
        Segment("provider-c", CLIENT_PROVIDER, {"nat": 2, "internet": 1}),
        Segment("provider-s", SERVER_PROVIDER, {"internet": 1, "gate": 2}),
        Segment("server-lan", SERVER_LAN, {"gate": 1, "server": 2, "files": 10}),
    ),
    nodes=(
        Node("client", gateway="192.168.50.1"),
        Node("laptop", gateway="192.168.50.1"),
        Node("nat", gateway="203.0.113.1", nat=Nat("client-lan", "provider-c")),
        Node("internet", forwards=True),
        Node(
            "gate",
            gateway="198.51.100.1",
            nat=Nat(
                inside="server-lan",
                outside="provider-s",
                forwards=(Forward("udp", 1194, to=SERVER), Forward("tcp", 1194, to=SERVER)),
            ),
        ),
        Node("server", gateway="10.20.0.1", forwards=True),
        Node("files", gateway="10.20.0.1", routes={TUNNEL: SERVER}, services=("http",)),
    ),
    vpn=Vpn(
        clients=("client",),
        server="server",
        remote="198.51.100.2",
        target="files",
        routes=(SERVER_LAN,),
    ),
    drawing=__doc__.partition("\n\n")[2].rpartition("\n\n")[0],
)
