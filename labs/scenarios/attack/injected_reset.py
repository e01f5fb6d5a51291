"""Somebody on the way injects a TCP reset: one that fits ends the connection, and it comes again.

Nothing of TCP itself is authentic, so whoever sees the numbers of a connection can end it; over UDP
there's nothing like it. What does not fit exactly is not obeyed: outside the window it is dropped,
inside it the kernel asks whether that was meant (RFC 5961).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from labs.build import wait_for
from labs.scenario import Stage, scenario
from labs.scenarios import attack

if TYPE_CHECKING:
    from scapy.packet import Packet

NUMBERS = 2**32
FAR, NEAR = 2**30, 1000  # ahead of the number that fits: outside the window, inside
RESET = "Connection reset, restarting"
PING_SIZE = 84  # of a packet that has at least a ping in it
CHALLENGES = "TCPChallengeACK"


@scenario()
def play(stage: Stage) -> None:
    server, client = stage.lab.server, stage.lab.client
    stage.up("proto=tcp", "server:-keepalive")
    stage.act("internet, a router on the way, looks at the numbers of the connection.")
    segment = _last_segment(stage)
    for ahead, where, answers in ((FAR, "outside", 0), (NEAR, "inside", 1)):
        before = _challenges(stage)
        stage.act(f"It sends the server a reset with a number {where} the window.")
        _reset(stage, segment, ahead)
        stage.pings("client", "files")
        asked = _challenges(stage) - before
        stage.see(f"the server's kernel has asked {asked} times what is meant", asked == answers)
        stage.see("the connection is the same", client.log_text().count(attack.UP) == 1)
    segment = _last_segment(stage)
    stage.act("It sends one with the number that is due.")
    _reset(stage, segment, 0)
    stage.hears(server, RESET)
    stage.act("The client has heard nothing of it, and sends a ping.")
    stage.lab.run("client", ["ping", "-c", "1", "-W", "1", attack.INSIDE], check=False)
    stage.hears(client, RESET)
    stage.waits("the tunnel is up again", lambda: client.log_text().count(attack.UP) == 2)
    stage.pings("client", "files")


def _last_segment(stage: Stage) -> Packet:
    """The last that the client has sent, as it passes the router with a ping in it."""
    from scapy.layers.inet import IP, TCP

    link = stage.lab.topology.dev(attack.ROUTER, "provider-c")
    port = stage.lab.topology.vpn.port
    with stage.lab[attack.ROUTER].sniff(link) as heard:

        def found() -> Packet | None:
            sent = [one for one in heard() if TCP in one and one[TCP].dport == port]
            acks = {one[TCP].ack for one in heard() if TCP in one and one[TCP].sport == port}
            has_ping = any(one[IP].len > PING_SIZE for one in sent)
            return sent[-1] if has_ping and _due(sent[-1]) in acks else None

        stage.pings("client", "files")
        return wait_for(found, attack.SECONDS, "a ping and its answer")


def _due(segment: Packet) -> int:
    """The number that the sender's next byte will have."""
    from scapy.layers.inet import IP, TCP

    ip, tcp = segment[IP], segment[TCP]
    return int((tcp.seq + ip.len - 4 * ip.ihl - 4 * tcp.dataofs) % NUMBERS)


def _reset(stage: Stage, segment: Packet, ahead: int) -> None:
    """Send a reset as if the sender of this segment had."""
    from scapy.layers.inet import IP, TCP

    ports = {"sport": segment[TCP].sport, "dport": segment[TCP].dport}
    reset = TCP(**ports, flags="R", seq=(_due(segment) + ahead) % NUMBERS)
    stage.lab[attack.ROUTER].send(IP(src=segment[IP].src, dst=segment[IP].dst) / reset)


def _challenges(stage: Stage) -> int:
    """How often the server's kernel has asked whether a segment was meant."""
    said = stage.lab.run("server", ["cat", "/proc/net/netstat"]).stdout
    names, values = re.findall(r"^TcpExt: (.*)$", said, re.MULTILINE)
    return int(dict(zip(names.split(), values.split(), strict=True))[CHALLENGES])
