"""A scan finds a server without tls-auth or tls-crypt at once; one with either is silent.

A server greets whoever says a client's first words, and shows by that what listens there. If those
must be signed with a key that a scanner doesn't have, nothing comes back, no error either: the port
looks like one that a firewall drops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from labs.scenario import Stage, scenario
from labs.scenarios import attack
from labs.statistics import dropped

if TYPE_CHECKING:
    from scapy.packet import Packet

SILENCE_SECONDS = 0.5
NO_CONTROL = "control packet authentication failed"
COUNTED = {NO_CONTROL: 2, "malformed": 1, "unknown opcode": 1}


@scenario()
def play(stage: Stage) -> None:
    from labs.dissect import OpenVPN

    server = stage.lab.server
    stage.lab.start_servers(20)
    stage.act("internet sends to UDP port 1194 what a client says first.")
    (answer, *_) = _scan(stage, [_first_words()])
    what = answer[OpenVPN].summary()
    stage.see(f"the server answers: {what}", "HARD_RESET_SERVER" in what)
    words = [_first_words(), b"", b"\x00", b"GET / HTTP/1.0\r\n\r\n"]
    for changes in (["tls-auth"], ["-tls-auth", "tls-crypt"]):
        stage.act(f"The server has {changes[-1]}; internet says more.")
        stage.change(*changes)
        stage.restart(server)
        server.wait_up(20)
        before = dropped(server)
        heard = _scan(stage, words)
        said = "a client's first words, an empty packet, a zero, HTTP"
        stage.see(f"{said}: nothing comes back", not heard, heard)
        stage.hears(server, "TLS Error: ")
        attack.counted(stage, server, before, COUNTED)
    stage.act("A client that has the key asks.")
    stage.lab.client.start()
    stage.lab.client.wait_up(20)
    stage.pings("client", "files")


def _first_words() -> bytes:
    from labs.dissect import OpenVPNControl

    reset = OpenVPNControl(opcode="P_CONTROL_HARD_RESET_CLIENT_V2", session_id=b"scanning")
    return bytes(reset)


def _scan(stage: Stage, words: list[bytes]) -> list[Packet]:
    """Say these to the server's port; all that comes back, errors too, in half a second."""
    from scapy.layers.inet import IP, UDP
    from scapy.packet import Raw

    vpn, scanner = stage.lab.topology.vpn, stage.lab[attack.ROUTER]
    *first, last = (
        IP(dst=vpn.remote) / UDP(sport=40000 + number, dport=vpn.port) / Raw(one)
        for number, one in enumerate(words)
    )
    with scanner.sniff(stage.lab.topology.dev(attack.ROUTER, "provider-s")) as heard:
        if first:
            scanner.send(*first)
        answer = scanner.sr1(last, timeout=SILENCE_SECONDS)
    own = stage.lab.topology.address(attack.ROUTER, "provider-s")
    others = [one for one in heard() if IP in one and one[IP].dst == own]
    return others if answer is None else [answer]
