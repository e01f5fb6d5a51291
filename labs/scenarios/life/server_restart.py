"""The server is restarted: it tells its clients, and they are back as soon as it is.

`explicit-exit-notify` on the server sends RESTART to each client before it ends, so nobody has to
find out by silence.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    stage.up("client:connect-retry=1")
    stage.pings("client", "files")
    client = stage.lab.client
    stage.act("The server ends.")
    stage.lab.server.stop()
    stage.waits("the client knows at once", lambda: client.state == "reconnecting", 5)
    stage.act("The server is started again.")
    stage.lab.server.start()
    stage.is_back(client)
    stage.pings("client", "files")
