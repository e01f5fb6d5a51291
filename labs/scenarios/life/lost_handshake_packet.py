"""The second P_CONTROL_V1 from the server gets lost; it is said again, and the tunnel comes up.

Every message of the control channel is sent again until it is acknowledged. TLS, which runs on it,
has no idea that UDP lost anything.
"""

from __future__ import annotations

import time

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    lab = stage.lab
    lab.start_servers(20)
    stage.inject("lose-control")
    stage.act("The client connects.")
    began = time.monotonic()
    lab.client.start()
    lab.client.wait_up(20)
    took = time.monotonic() - began
    lost = lab["firewall"].counts()["lose-control"].packets
    stage.see(f"the firewall has taken {lost} packet, by its rule lose-control", lost == 1)
    stage.note(f"the tunnel came up {took:.1f} s after the client was started")
    stage.pings("client", "files")
    stage.heal()
    left = lab["firewall"].counts()
    stage.see("the firewall has no such rule any more", "lose-control" not in left, left)
