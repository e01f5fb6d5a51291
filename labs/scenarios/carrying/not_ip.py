"""A tap carries what is no IP to the other clients: ARP, an IPX frame, a NetBIOS name query.

A tun can't even be given them: it has no hardware address, and what is put on it must be IP. Old
programs that find each other by broadcast need a tap.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.scenario import Stage, scenario

if TYPE_CHECKING:
    from scapy.packet import Packet

EVERYONE = "ff:ff:ff:ff:ff:ff"
IPX = 0x8137
TAIL = 20
CONTENT = bytes.fromhex("ffff001e0004" + "00" * 4 + "ffffffffffff0453" + "00" * 12)


@scenario(topology="two-clients")
def play(stage: Stage) -> None:
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import ARP, Ether
    from scapy.layers.netbios import NBNSHeader, NBNSQueryRequest
    from scapy.packet import Raw

    stage.up("dev=tap", "client-to-client")
    one, other = (stage.lab[client.name] for client in stage.lab.clients)
    source, there = one.links()["tap0"].mac, stage.lab.tunnel_address(other.name)
    frame = Ether(src=source, dst=EVERYONE)
    who = NBNSHeader() / NBNSQueryRequest(QUESTION_NAME="FILES")
    for what, packet in (
        ("an IPX frame", Ether(src=source, dst=EVERYONE, type=IPX) / Raw(CONTENT)),
        ("a question of ARP", frame / ARP(hwsrc=source, psrc="10.8.0.99", pdst=there)),
        ("a NetBIOS name query", frame / IP(dst="10.8.0.255") / UDP(sport=137, dport=137) / who),
    ):
        _reaches_all(stage, what, packet)
    stage.act("The same with a tun.")
    stage.lab.stop_tunnel()
    stage.up("dev=tun")
    flags = one.run(["ip", "link", "show", "tun0"]).stdout
    stage.see("its device has no hardware address and asks nobody for one", "NOARP" in flags, flags)


def _reaches_all(stage: Stage, what: str, frame: Packet) -> None:
    """Send a frame into the tunnel from the first client, and see it at the second."""
    sender, other = (stage.lab[client.name] for client in stage.lab.clients)
    tail = bytes(frame)[-TAIL:]  # its head may get addresses and checksums on the way

    def is_it(seen: Packet) -> bool:
        return tail in bytes(seen)

    with other.expect(is_it, what, "tap0"):
        sender.sendp(frame, iface="tap0")
    stage.see(f"{what} to everyone has reached {other.name}", truth=True)
