"""The server pushes a name server, and the client's node asks it while the tunnel is up.

The answer comes through the tunnel, from a server that nobody outside can ask. When the client
exits, its resolver is as it was. The stock program leaves this to a script of the distribution, so
our own client plays it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.scenario import OURS, STOCK_SERVER, Stage, scenario

if TYPE_CHECKING:
    from scapy.packet import Packet

DNS = "10.20.0.10"
OWN = "nameserver 192.168.50.1\n"
NAME = "files.lab.example"


@scenario(pairs=(OURS, STOCK_SERVER), howto=(11,))
def play(stage: Stage) -> None:
    lab = stage.lab
    lab["client"].resolv_conf_path.write_text(OWN, encoding="utf-8")
    stage.up(f"server:push=dhcp-option DNS {DNS}", "server:push=dhcp-option DOMAIN lab.example")
    stage.hears(lab.client, "PUSH: Received control message")
    words = lab.run("client", ["cat", "/etc/resolv.conf"]).stdout.splitlines()
    for word in (f"nameserver {DNS}", "search lab.example"):
        stage.see(f"/etc/resolv.conf on the client has: {word}", word in words, words)
    with lab["files"].expect(_is_question, "a question for a name", "eth0") as seen:
        said = lab.run("client", ["getent", "ahostsv4", NAME], check=False).stdout
    stage.see(f"the name server was asked by {seen[0]['IP'].src}", seen)
    stage.see(f"{NAME} is {said.split()[0] if said else 'unknown'}", DNS in said, said)
    stage.act("The client exits.")
    lab.client.stop()
    text = lab.run("client", ["cat", "/etc/resolv.conf"]).stdout
    stage.see("its resolver is as it was", text == OWN, text)


def _is_question(packet: Packet) -> bool:
    from scapy.layers.inet import UDP

    return UDP in packet and bool(packet[UDP].dport == 53)
