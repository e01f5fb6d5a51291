"""A second factor, asked for together with the password: static-challenge.

The question is in the client's configuration. Who sits at the client's management interface is
asked for name, password and answer; the server's script gets both in one piece.
"""

from __future__ import annotations

from base64 import b64encode

from labs.management import converse
from labs.pki import write_private
from labs.scenario import Stage, scenario

ANSWER = f"SCRV1:{b64encode(b'secret').decode()}:{b64encode(b'4711').decode()}"
SCRIPT = f'[ "$username:$password" = "alice:{ANSWER}" ]\n'


@scenario(howto=(13,))
def play(stage: Stage) -> None:
    server, client = stage.lab.server, stage.lab.client
    write_private(server.directory / "verify.sh", SCRIPT.encode())
    socket = str(stage.lab.sandbox.directory / "management")
    stage.start(
        'server:auth-user-pass-verify="/bin/sh verify.sh" via-env',
        "server:script-security=3",
        "client:auth-user-pass",
        'client:static-challenge="What does your token show?" 1',
        f"client:management={socket} unix",
        "client:management-query-passwords",
    )
    asked, _name, _answer = converse(
        stage.lab["client"],
        socket,
        ("", "^>PASSWORD:Need 'Auth'"),
        ('username "Auth" alice', "^SUCCESS"),
        (f'password "Auth" "{ANSWER}"', "^SUCCESS"),
    )
    stage.see(f"the user is asked: {asked[-1]}", "SC:1,What does your token show?" in asked[-1])
    stage.note(f"and answers with password and token, as {ANSWER}")
    client.wait_up(20.0)
    stage.pings("client", "files")
