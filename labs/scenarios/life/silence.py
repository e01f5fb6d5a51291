"""The server falls silent: after a minute without a sign of life the client begins anew.

With keepalive each end says something every ten seconds, so that a minute of nothing means that
the other is gone, or the line. The tunnel is back as soon as the server answers again.
"""

from __future__ import annotations

import re
import signal

from labs.scenario import Stage, scenario

SILENCE = re.compile(r"\[server\] Inactivity timeout \(--ping-restart\), restarting")


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.up()
    stage.pings("client", "files")
    stage.act("The server's program stands still: it neither answers nor ends.")
    server, client = stage.lab.server, stage.lab.client
    server.send_signal(signal.SIGSTOP)
    stage.cannot_ping("client", "files")
    stage.hears(client, SILENCE)
    stage.act("It goes on.")
    server.send_signal(signal.SIGCONT)
    stage.is_back(client)
    stage.pings("client", "files")
