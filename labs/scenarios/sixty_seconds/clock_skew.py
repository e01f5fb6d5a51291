"""The client's clock is 400 days behind: certificates that are good are not valid yet by it.

The line in the log blames a certificate. `lab explain` compares the stamps in both logs with the
time at which they were written, and blames the clock.
"""

from __future__ import annotations

import re

from labs.scenario import Stage, scenario
from labs.scenarios.sixty_seconds import refused


@scenario(speed=30)
def play(stage: Stage) -> None:
    stage.act("The client's clock is put 400 days back.")
    stage.inject("clock-skew")
    stage.start()
    stage.hears(
        stage.lab.client, re.compile(r"VERIFY ERROR: depth=\d, error=certificate is not yet valid")
    )
    stage.hears(stage.lab.server, refused("bad certificate"))
    stage.explains("clock-skew")
