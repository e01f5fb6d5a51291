"""The user's password is wrong: the server's script refuses it, and the server tells the client.

The handshake itself goes well; both logs name the cause, and the client ends rather than try the
same password again.
"""

from __future__ import annotations

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    stage.act("The server asks a script about user names and passwords; the client's is wrong.")
    stage.inject("wrong-password")
    stage.start()
    stage.hears(
        stage.lab.server,
        "TLS Auth Error: Auth Username/Password verification failed for peer",
    )
    client = stage.lab.client
    stage.hears(client, "AUTH: Received control message: AUTH_FAILED")
    stage.waits("the client has ended", lambda: not client.is_alive)
    stage.explains("wrong-password")
