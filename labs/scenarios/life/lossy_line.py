"""Five of a hundred packets get lost on the way; the tunnel comes up, and loses no data over TCP.

Which packets are lost, a seed says, so it is the same ones each time. The control channel repeats
what it misses. The data channel repeats nothing: that is what TCP inside the tunnel does, as on any
other line.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario
from labs.traffic import Exchanging

FILES = "10.20.0.10"
SIZE, RATE = 2_000_000, 4_000_000
RULES = ("loss-to-server", "loss-to-client")


@scenario()
def play(stage: Stage) -> None:
    lab = stage.lab
    stage.inject("loss")
    stage.up()
    stage.act(f"client and files send each other {SIZE:,} bytes over TCP.")
    with Exchanging(lab["client"], lab["files"], FILES, size=SIZE, rate=RATE) as exchanging:
        told = exchanging.result()
    stage.see("each has received what the other sent", told.is_intact)
    counts = lab["firewall"].counts()
    for rule in RULES:
        lost = counts[rule].packets
        stage.see(f"the firewall's rule {rule} has taken {lost} packets", lost > SIZE // 1500 / 40)
    again = told.near.retransmits + told.far.retransmits
    stage.see(f"TCP has sent {again} segments again", again)
    stage.heal()
    stage.pings("client", "files", count=5)
