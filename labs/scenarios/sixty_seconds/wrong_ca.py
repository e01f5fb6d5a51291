"""The client trusts another authority: it refuses the server's certificate in mid-handshake.

The line that names the cause stands before the one about the 60 seconds, and in the client's log
only: to the server the client has just fallen silent.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    stage.act("The client's ca.crt is that of an authority which has signed nothing here.")
    stage.inject("wrong-ca")
    stage.start()
    stage.hears(stage.lab.client, re.compile(r"VERIFY ERROR: depth=\d, error=.*certificate"))
    stage.explains("wrong-ca")
