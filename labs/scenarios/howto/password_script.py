"""A script knows the users: it is told name and password by environment, then by a file.

username-as-common-name makes the user's name the client's name, so that client-config-dir and
status are by user, whatever the certificate says.
"""

from __future__ import annotations

from labs.pki import write_private
from labs.scenario import Stage, scenario

BY_ENVIRONMENT = b'[ "$username:$password" = alice:secret ]\n'
BY_FILE = b'[ "$(cat "$1")" = "alice\nsecret" ]\n'


@scenario(speed=10, howto=(13,))
def play(stage: Stage) -> None:
    server, client = stage.lab.server, stage.lab.client
    write_private(client.directory / "user", b"alice\nsecret\n")
    write_private(server.directory / "by-environment.sh", BY_ENVIRONMENT)
    write_private(server.directory / "by-file.sh", BY_FILE)
    stage.act('auth-user-pass-verify "/bin/sh by-environment.sh" via-env, script-security 3')
    stage.up(
        'server:auth-user-pass-verify="/bin/sh by-environment.sh" via-env',
        "server:script-security=3",
        "server:username-as-common-name",
        "client:auth-user-pass=user",
    )
    stage.hears(server, "MULTI: Learn: 10.8.0.2 -> alice/")
    stage.pings("client", "files")
    stage.act('auth-user-pass-verify "/bin/sh by-file.sh" via-file, script-security 2')
    stage.lab.stop_tunnel()
    stage.up(
        'server:auth-user-pass-verify="/bin/sh by-file.sh" via-file', "server:script-security=2"
    )
    stage.hears(server, "MULTI: Learn: 10.8.0.2 -> alice/")
    stage.pings("client", "files")
