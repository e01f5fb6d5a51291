"""The client's certificate has expired: the server refuses it in mid-handshake.

The server's log names the cause, the client hears of it by an alert. Our own program does not even
start with a certificate of its own that has expired: it says so before it sends a packet.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    stage.act("The client's certificate was good for 30 days, and that was a month ago.")
    stage.inject("expired-certificate")
    stage.start()
    client = stage.lab.client
    if client.program == "ours":
        stage.hears(client, re.compile(r'the certificate "CN=client" expired on \d{4}-\d\d-\d\d'))
        stage.waits(
            "the program has ended, without a packet to the server", lambda: not client.is_alive
        )
    else:
        stage.hears(client, "WARNING: Your certificate has expired!")
        stage.hears(
            stage.lab.server,
            re.compile("VERIFY ERROR: depth=0, error=certificate has expired: CN=client"),
        )
        stage.hears(client, "Received fatal SSL alert: certificate expired")
    stage.explains("expired-certificate")
