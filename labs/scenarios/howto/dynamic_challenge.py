"""The server makes up a question when it has seen the password: a dynamic challenge.

The script knows the user and is not content: it refuses, and its reason is a question with a ticket
of its own. The client asks its user, connects anew, and sends ticket and answer for a password.
"""

from __future__ import annotations

from labs.management import converse
from labs.pki import write_private
from labs.scenario import Stage, scenario

QUESTION = "Which number was sent to you?"
ANSWER = "CRV1::ticket-1::4711"  # CRV1::the server's ticket::what the user says
SCRIPT = f"""\
[ "$username:$password" = "alice:{ANSWER}" ] && exit 0
[ "$username:$password" = alice:secret ] || exit 1
printf 'CRV1:R,E:ticket-1:YWxpY2U=:{QUESTION}' > "$auth_failed_reason_file"
exit 1
"""
ASKED = "^>PASSWORD:Need 'Auth'"


@scenario(howto=(13,))
def play(stage: Stage) -> None:
    server, client = stage.lab.server, stage.lab.client
    write_private(server.directory / "verify.sh", SCRIPT.encode())
    socket = str(stage.lab.sandbox.directory / "management")
    stage.act("The user gives name and password, and is asked once more.")
    stage.start(
        'server:auth-user-pass-verify="/bin/sh verify.sh" via-env',
        "server:script-security=3",
        "client:auth-user-pass",
        "client:auth-retry=interact",
        f"client:management={socket} unix",
        "client:management-query-passwords",
    )
    _, _, refused, _, _ = converse(
        stage.lab["client"],
        socket,
        ("", ASKED),
        ('username "Auth" alice', "^SUCCESS"),
        ('password "Auth" "secret"', "^>PASSWORD:Verification Failed: 'Auth'"),
        ("", ASKED),
        (f'username "Auth" alice\npassword "Auth" "{ANSWER}"', "^SUCCESS: 'Auth' password"),
    )
    stage.see(f"the user is asked: {refused[-1]}", QUESTION in refused[-1])
    stage.note(f"and answers; the client sends {ANSWER}")
    client.wait_up(20.0)
    stage.pings("client", "files")
