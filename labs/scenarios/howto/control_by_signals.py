"""Signals to a running client: SIGUSR2, SIGUSR1, SIGHUP and SIGTERM.

SIGUSR2 asks for statistics, SIGUSR1 restarts the connection, SIGHUP restarts all and reads the
configuration again, SIGTERM ends it. The process stays the same up to the last.
"""

from __future__ import annotations

import signal

from labs.scenario import Stage, scenario

UP = "Initialization Sequence Completed"


@scenario(speed=10, howto=(7,))
def play(stage: Stage) -> None:
    stage.up()
    client = stage.lab.client
    process = client.process
    assert process is not None

    def is_up_again(times: int) -> None:
        stage.waits("it is up again", lambda: client.log_text().count(UP) >= times)

    stage.act("kill -USR2: what has passed so far?")
    process.send_signal(signal.SIGUSR2)
    stage.hears(client, "TCP/UDP read bytes,")
    stage.act("kill -USR1: connect anew.")
    process.send_signal(signal.SIGUSR1)
    stage.hears(client, "SIGUSR1[hard,] received, process restarting")
    is_up_again(2)
    stage.act('The configuration gets "dev tun7"; kill -HUP: read it.')
    stage.change("client:dev=tun7", "client:dev-type=tun")
    process.send_signal(signal.SIGHUP)
    stage.hears(client, "SIGHUP[hard,] received, process restarting")
    is_up_again(3)
    stage.see("the client has tun7 now, and no tun0", {"tun7"} == _tunnels(stage))
    stage.pings("client", "files")
    stage.act("kill -TERM: end.")
    process.send_signal(signal.SIGTERM)
    stage.see(f"it ends with exit code {process.wait()}", process.exit_code == 0)
    stage.hears(client, "process exiting")
    stage.see("its link is gone", not _tunnels(stage))


def _tunnels(stage: Stage) -> set[str]:
    return {name for name in stage.lab["client"].links() if name.startswith("tun")}
