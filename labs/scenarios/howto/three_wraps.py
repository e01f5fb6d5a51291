"""tls-auth, tls-crypt and tls-crypt-v2: who has no key gets no answer at all.

Each is put into both configurations in turn. A stranger, here another host of the client's network,
sends the first packet of a connection: the server is silent to it, and serves its client.
"""

from __future__ import annotations

from scapy.layers.inet import IP, UDP
from scapy.packet import Raw

from labs.scenario import Stage, scenario
from vpn.wire.opcodes import OPCODE_SHIFT, Opcode

FIRST = bytes([Opcode.P_CONTROL_HARD_RESET_CLIENT_V2 << OPCODE_SHIFT, *b"stranger", *bytes(5)])
WRAPS = ("tls-auth", "tls-crypt", "tls-crypt-v2")


@scenario(speed=10, howto=(19,))
def play(stage: Stage) -> None:
    vpn = stage.lab.topology.vpn
    knock = IP(dst=vpn.remote) / UDP(sport=5000, dport=vpn.port) / Raw(FIRST)
    stage.up()
    answer = stage.lab["laptop"].sr1(knock)
    stage.see("without a wrap the server answers a stranger", answer and UDP in answer, answer)
    for wrap in WRAPS:
        stage.lab.stop_tunnel()
        stage.up(wrap)
        stage.see("a stranger gets no answer", stage.lab["laptop"].sr1(knock, timeout=0.5) is None)
        stage.pings("client", "files")
        stage.change(f"-{wrap}")
