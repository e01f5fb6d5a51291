"""A word in the client's configuration is no directive: the program ends with its place.

The message names the file, the line and the word; no packet leaves the node.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario


@scenario()
def play(stage: Stage) -> None:
    stage.act('The client\'s configuration says "keepalife 10 60".')
    stage.inject("bad-directive")
    stage.start()
    client = stage.lab.client
    stage.hears(client, re.compile(r"Options error: .*client\.conf:\d+: keepalife"))
    stage.waits("the program has ended", lambda: not client.is_alive)
    stage.explains("bad-directive")
