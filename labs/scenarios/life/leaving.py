"""A client that says goodbye is gone at once; one that is killed stays in the server's list.

`explicit-exit-notify` is the goodbye. Over UDP nothing else tells the server: it waits for twice
the time that it gives its clients, here 120 seconds, before it believes the silence.
"""

from __future__ import annotations

import re
import signal

from labs.scenario import Stage, scenario

GOODBYE = re.compile(r"control message: 'EXIT'|exit message received by peer|remote-exit")
SILENCE = re.compile(r"\[client\] Inactivity timeout \(--ping-restart\), restarting")


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.up()
    stage.act("The client ends as it should.")
    stage.lab.client.stop()
    stage.hears(stage.lab.server, GOODBYE, seconds=2)
    stage.act("It is started again, and then killed.")
    stage.lab.client.start()
    stage.lab.client.wait_up(20)
    stage.lab.client.send_signal(signal.SIGKILL)
    stage.hears(stage.lab.server, SILENCE)
