"""A tap at the client and a tun at the server: the tunnel comes up and carries nothing.

Neither end complains while it connects. But the client puts whole Ethernet frames into the tunnel,
and the server takes their first bytes for an IP header.
"""

from __future__ import annotations

import re
import signal

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    stage.act("The client's configuration has dev tap, the server's dev tun.")
    stage.inject("wrong-dev")
    stage.up()
    stage.cannot_ping("client", "files")
    stage.act("The server is asked what it has dropped (SIGUSR2).")
    process = stage.lab.server.process
    assert process is not None
    process.send_signal(signal.SIGUSR2)
    stage.hears(
        stage.lab.server,
        re.compile(r"Dropped \(not an IP packet\),\d+|IP packet with unknown IP version=\d+ seen"),
    )
    stage.explains("wrong-dev")
