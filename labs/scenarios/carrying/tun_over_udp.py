"""IP packets over UDP: what most tunnels are, with the least to carry besides.

Outside, the inner packet has a head of IP and UDP, and of the data channel: opcode and peer id, a
packet id, and the tag that shows that nobody changed it.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.scenarios.carrying import tells


@scenario()
def play(stage: Stage) -> None:
    tells(stage, "udp", "tun")
