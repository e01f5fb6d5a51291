"""The client's machine sleeps for two minutes: when it wakes the tunnel is back within seconds.

The server has given it up meanwhile. The client wakes with a tunnel that it believes in; the time
that has passed tells it otherwise.
"""

from __future__ import annotations

import re
import signal

from labs.scenario import Stage, scenario

GIVEN_UP = re.compile(r"\[client\] Inactivity timeout \(--ping-restart\), restarting")


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.up("client:connect-retry=1")
    client = stage.lab.client
    stage.act("The client falls asleep.")
    client.send_signal(signal.SIGSTOP)
    stage.hears(stage.lab.server, GIVEN_UP)
    stage.act("It wakes.")
    client.send_signal(signal.SIGCONT)
    stage.waits("the client begins anew", lambda: client.log_text().count("link remote: ") > 1)
    stage.is_back(client)
    stage.pings("client", "files")
