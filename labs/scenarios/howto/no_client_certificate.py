"""A user name and a password instead of a certificate: verify-client-cert none.

The server still proves who it is; the client has nothing to issue, to copy or to lose.
"""

from __future__ import annotations

from labs.pki import write_private
from labs.scenario import Stage, scenario

SCRIPT = b'[ "$username:$password" = alice:secret ]\n'


@scenario(howto=(13,))
def play(stage: Stage) -> None:
    server, client = stage.lab.server, stage.lab.client
    stage.act("The client's certificate and key are deleted.")
    for name in ("client.crt", "client.key"):
        (client.directory / name).unlink()
    write_private(client.directory / "user", b"alice\nsecret\n")
    write_private(server.directory / "verify.sh", SCRIPT)
    stage.up(
        "client:-cert",
        "client:-key",
        "client:auth-user-pass=user",
        "server:verify-client-cert=none",
        "server:username-as-common-name",
        'server:auth-user-pass-verify="/bin/sh verify.sh" via-env',
        "server:script-security=3",
    )
    stage.hears(server, "MULTI: Learn: 10.8.0.2 -> alice/")
    stage.pings("client", "files")
