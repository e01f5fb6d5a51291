"""A tap carries what is no IP, and broadcasts, to other clients: IPX, ARP, a NetBIOS name query.

A tun carries none of the three: it has no hardware address, the VPN drops what is no IP, and a
broadcast is nobody's address. Old programs that find each other that way need a tap.
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
    for dev in ("tap", "tun"):
        stage.up(f"dev={dev}", "client-to-client")
        for what, frame in _frames(stage).items():
            arrives = _arrives(stage, f"{dev}0", frame)
            stage.see(f"{what} {'reaches' if dev == 'tap' else 'does not reach'} the other client",
                      arrives == (dev == "tap"))  # fmt: skip
        stage.lab.stop_tunnel()


def _frames(stage: Stage) -> dict[str, Packet]:
    """What the first client says to everyone; its own address is what its device has, if any."""
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import ARP, Ether
    from scapy.layers.netbios import NBNSHeader, NBNSQueryRequest
    from scapy.packet import Raw

    first, second = (client.name for client in stage.lab.clients)
    here, there = stage.lab.tunnel_address(first), stage.lab.tunnel_address(second)
    source = "02:00:00:00:00:0a"
    head = Ether(src=source, dst=EVERYONE)
    who = NBNSHeader() / NBNSQueryRequest(QUESTION_NAME="FILES")
    call = IP(src=here, dst="10.8.0.255") / UDP(sport=137, dport=137) / who
    return {
        "an IPX frame": Ether(src=source, dst=EVERYONE, type=IPX) / Raw(CONTENT),
        "a question of ARP": head / ARP(hwsrc=source, psrc="10.8.0.99", pdst=there),
        "a NetBIOS name query": head / call,
    }


def _arrives(stage: Stage, dev: str, frame: Packet) -> bool:
    """Put a frame into the tunnel at the first client; a tun gets what is inside of an IP one."""
    sender, other = (stage.lab[client.name] for client in stage.lab.clients)
    from scapy.layers.inet import IP

    tail = bytes(frame)[-TAIL:]  # its head may get addresses and checksums on the way
    with other.sniff(dev) as heard:
        if dev.startswith("tun") and IP in frame:
            sender.send(frame[IP])
        else:
            sender.sendp(frame, iface=dev)
        # What was sent before has passed, or never will, when the answer to a ping is there.
        stage.pings(sender.name, stage.lab.tunnel_address(other.name))
        return any(tail in bytes(packet) for packet in heard())
