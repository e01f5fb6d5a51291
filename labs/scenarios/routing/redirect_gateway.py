"""All of the client's traffic goes into the tunnel, but for the tunnel's own packets.

`redirect-gateway def1` covers the default route with two halves and leaves it alone; the server
itself gets a host route by the old gateway, for else the tunnel would go into itself. The server
masquerades what comes from its clients, and DNS too goes through the tunnel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.scenario import Stage, scenario

if TYPE_CHECKING:
    from scapy.packet import Packet

DNS = "10.20.0.10"
WORLD = "203.0.113.1"  # the client's provider: somebody outside, who knows no private address

MASQUERADE = """
table ip clients {
    chain postrouting {
        type nat hook postrouting priority srcnat
        ip saddr 10.8.0.0/24 oifname "eth0" masquerade
    }
}
"""


@scenario(howto=(14,))
def play(stage: Stage) -> None:
    lab = stage.lab
    own = lab["client"].run(["ip", "route"]).stdout
    stage.act("The server masquerades what its clients send to the world.")
    lab["server"].run(["nft", "-f", "-"], stdin=MASQUERADE)
    stage.up("server:push=redirect-gateway def1", f"server:push=dhcp-option DNS {DNS}")
    routes = lab["client"].run(["ip", "route"]).stdout
    for words in ("0.0.0.0/1 via 10.8.0.1", "128.0.0.0/1 via 10.8.0.1", "198.51.100.10 via 192"):
        line = next((one for one in routes.splitlines() if one.startswith(words)), "")
        stage.see(f"the client's kernel has: {line}", line, routes)
    stage.see("its default route is as it was", _default(own) == _default(routes), routes)
    with lab["internet"].expect(_is_ping, "a ping from the server", "eth1") as seen:
        stage.pings("client", WORLD)
    sender = seen[0]["IP"].src
    stage.see(f"the world sees it come from {sender}, the server", sender == "198.51.100.10")
    stage.explains("nothing")
    stage.act("The client exits.")
    lab.client.stop()
    routes = lab["client"].run(["ip", "route"]).stdout
    stage.see("its routes are those it had before", routes == own, routes)


def _default(routes: str) -> str:
    return next(line for line in routes.splitlines() if line.startswith("default"))


def _is_ping(packet: Packet) -> bool:
    from scapy.layers.inet import ICMP

    return ICMP in packet and bool(packet[ICMP].type == 8)
