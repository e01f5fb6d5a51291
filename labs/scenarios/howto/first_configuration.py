"""The first server.conf and client.conf that anyone writes, unchanged but for the address.

They are those of the guide with which this project began: a routed tunnel over UDP, both ends
as nobody, Diffie-Hellman parameters of 1024 bits. The client pings the server inside the tunnel.

The stock program plays the client only: as a server it refuses such parameters today ("dh key too
small"). Our own does not need them.
"""

from __future__ import annotations

from labs.scenario import OURS, STOCK_CLIENT, Stage, scenario
from labs.scenarios.howto import NOBODY, as_nobody

SERVER = """\
port 1194
proto udp
dev tun
ca ca.crt
cert server.crt
key server.key
dh dh1024.pem
server 10.8.0.0 255.255.255.0
keepalive 10 120
user nobody
group nogroup
persist-key
persist-tun
verb 3
"""
CLIENT = """\
client
dev tun
proto udp
remote 192.168.1.100 1194
ca ca.crt
cert client.crt
key client.key
user nobody
group nogroup
persist-key
persist-tun
verb 3
"""
# RFC 2409 section 6.2: the second Oakley group, of 1024 bits.
DH1024 = """\
-----BEGIN DH PARAMETERS-----
MIGHAoGBAP//////////yQ/aoiFowjTExmKLgNwc0SkCTgiKZ8x0Agu+pjsTmyJR
Sgh5jjQE3e+VGbPNOkMbMCsKbfJfFDdP4TVtbVHCReSFtXZiXn7G9ExC6aY37WsL
/1y29Aa37e44a/taiZ+lrp8kEXxLH+ZJKGZR7OZTgf//////////AgEC
-----END DH PARAMETERS-----
"""


@scenario(pairs=(OURS, STOCK_CLIENT), howto=(4,))
def play(stage: Stage) -> None:
    lab = stage.lab
    stage.act(
        f"server.conf and client.conf are written; only the address is {lab.topology.vpn.remote}."
    )
    (lab.server.directory / "dh1024.pem").write_text(DH1024, encoding="ascii")
    server, client = SERVER, CLIENT.replace("192.168.1.100", lab.topology.vpn.remote)
    if not as_nobody(stage):
        for directive in NOBODY:
            line = directive.replace("=", " ") + "\n"
            server, client = server.replace(line, ""), client.replace(line, "")
    lab.server.config.write_text(server, encoding="utf-8")
    lab.client.config.write_text(client, encoding="utf-8")
    lab.start_tunnel(20.0)
    stage.hears(lab.server, "Initialization Sequence Completed")
    stage.hears(lab.client, "Initialization Sequence Completed")
    stage.note(f"the client's address in the tunnel: {lab.tunnel_address('client')}")
    stage.pings("client", "10.8.0.1")
