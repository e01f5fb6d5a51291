"""With auth-gen-token the password is asked once: a token stands for it when keys are renewed.

The user need not type a one-time password again every hour: the server pushes a token, the client
shows that instead, and the script is not called.
"""

from __future__ import annotations

from labs.pki import write_private
from labs.scenario import Stage, scenario

SCRIPT = b'echo "$username" >> calls; [ "$username:$password" = alice:secret ]\n'
KEYS = "Control Channel: TLS"


@scenario(speed=10, howto=(13,))
def play(stage: Stage) -> None:
    server, client = stage.lab.server, stage.lab.client
    write_private(client.directory / "user", b"alice\nsecret\n")
    write_private(server.directory / "verify.sh", SCRIPT)
    stage.up(
        'server:auth-user-pass-verify="/bin/sh verify.sh" via-env',
        "server:script-security=3",
        "server:auth-gen-token",
        "client:auth-user-pass=user",
        "client:reneg-sec=15",
    )
    stage.act("New keys every 15 seconds of the programs' time.")
    stage.waits("keys were negotiated three times", lambda: server.log_text().count(KEYS) >= 3)
    stage.pings("client", "files")
    calls = (server.directory / "calls").read_text("utf-8").splitlines()
    stage.see(f"the script was called {len(calls)} time, for {calls[0]}", calls == ["alice"], calls)
