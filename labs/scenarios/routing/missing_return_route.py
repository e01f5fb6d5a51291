"""The server's LAN does not know the way back into the tunnel, so nothing is ever answered.

The pushed route brings the client's packets to `files`; the answer needs a route too, on `files` or
on its gateway. The tunnel itself is in order, which makes this the most looked-for fault of all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.scenario import Stage, scenario

if TYPE_CHECKING:
    from scapy.packet import Packet


@scenario(howto=(8,))
def play(stage: Stage) -> None:
    stage.up()
    stage.pings("client", "files")
    stage.act("files loses its route to all other networks.")
    stage.inject("missing-return-route")
    with stage.lab["files"].expect(_is_request, "a ping from the tunnel", "eth0") as seen:
        stage.cannot_ping("client", "files")
    stage.see(f"files has got the ping: {seen[0].summary()}", seen)
    stage.explains("missing-return-route")
    stage.act("files gets a route to the tunnel's network, and to no other.")
    stage.lab["files"].add_route("10.8.0.0/24", via="10.20.0.1")
    stage.pings("client", "files")


def _is_request(packet: Packet) -> bool:
    from scapy.layers.inet import ICMP

    return ICMP in packet and bool(packet[ICMP].type == 8)
