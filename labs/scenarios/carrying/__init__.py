"""What a tunnel carries, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.traffic import Exchanging

if TYPE_CHECKING:
    from labs.stage import Stage

INNER = 1028  # bytes of an IP packet: 1000 of content
MEGABYTE = 1_000_000
RATE = 10 * MEGABYTE  # bytes a second each way


def tells(stage: Stage, proto: str, dev: str) -> None:
    """Bring a tunnel up over `proto` with a device `dev`: what it carries, what that costs."""
    stage.up(f"proto={proto}", f"dev={dev}")
    stage.pings("client", "files")
    outside = _outside(stage, proto)
    more = outside - INNER
    stage.see(
        f"a packet of {INNER} bytes inside is one of {outside} outside: {more} more", more > 0
    )
    client, files = stage.lab["client"], stage.lab["files"]
    address = stage.lab.topology.address("files")
    with Exchanging(client, files, address, size=MEGABYTE, rate=RATE) as exchanging:
        exchange = exchanging.result()
    stage.see("a megabyte went each way over one TCP connection, unchanged", exchange.is_intact)


def _outside(stage: Stage, proto: str) -> int:
    """The size of the IP packet on the internet that carries a ping of INNER bytes."""
    from scapy.layers.inet import IP, TCP, UDP
    from scapy.packet import Packet

    layer = {"udp": UDP, "tcp": TCP}[proto]

    def carries(packet: Packet) -> bool:
        is_tunnel = layer in packet and packet[layer].dport == 1194
        return is_tunnel and int(packet[IP].len) > INNER

    with stage.lab["internet"].expect(carries, "the ping in the tunnel", "eth0") as seen:
        address = stage.lab.topology.address("files")
        stage.lab.run("client", ["ping", "-c", "1", "-W", "8", "-s", str(INNER - 28), address])
    return int(seen[0][IP].len)
